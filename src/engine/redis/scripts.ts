import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Client } from './connection.ts';
import { baseKey } from './keys.ts';
import { isReadOnly, Library, type ScriptName } from './library.ts';
import { explainReply, isDemoted } from './replies.ts';

export type { ScriptName } from './library.ts';

const BUSY_PAUSE_MS = 50;

/** How much longer than it can be repeated a call is remembered, in ms. */
const MEMORY_MARGIN_MS = 2_000;

export interface ScriptsOptions {
	prefix: string;
	deadlineMs: number;
	/** null lets Redis ask its own. */
	clock: Clock | null;
}

/** Runs a command on a client, a connection's of the moment or one and no other. */
export interface Runner {
	run<T>(command: (client: Client) => Promise<T>, changes: boolean): Promise<T>;
}

/** Calls scripts on one topic each. Every script may run twice with the same arguments, which is how lost answers heal. */
export class Scripts {
	readonly prefix: string;
	/** How long scripts remember a call, in ms as they take it: one that came later than this would be done once more. */
	readonly callMemory: string;
	readonly #runner: Runner;
	readonly #options: ScriptsOptions;
	readonly #library: Library;
	readonly #caller: string;
	#calls = 0;

	constructor(runner: Runner, options: ScriptsOptions, own: { library?: Library; caller?: string } = {}) {
		this.#runner = runner;
		this.prefix = options.prefix;
		this.#options = options;
		// A busy server may use up one deadline, and the connection another.
		this.callMemory = String(2 * options.deadlineMs + MEMORY_MARGIN_MS);
		this.#library = own.library ?? new Library();
		this.#caller = own.caller ?? randomBytes(9).toString('base64url');
	}

	/**
	 * The same scripts on this client only, for what must not go on over another: when the client is lost, so is the call. Made again under the
	 * same name, it names its calls alike.
	 */
	pinned(client: Client, name: string): Scripts {
		const runner: Runner = { run: (command) => command(client) };
		return new Scripts(runner, this.#options, { library: this.#library, caller: name });
	}

	/** The `now` argument of scripts: empty lets Redis ask its own clock. */
	get now(): string {
		const { clock } = this.#options;
		return clock === null ? '' : String(clock());
	}

	/** Names one call for all its repetitions. */
	callId(): string {
		return `${this.#caller}.${(++this.#calls).toString(36)}`;
	}

	/** @throws UNAVAILABLE, AMBIGUOUS, STORE_FULL, STORE_REFUSED, CLOSED */
	call<Reply>(script: ScriptName, topic: string, args: string[]): Promise<Reply> {
		return this.callAt(script, baseKey(this.prefix, topic), args);
	}

	/** Calls a script of something else than a topic, by its base key. */
	async callAt<Reply>(script: ScriptName, key: string, args: string[]): Promise<Reply> {
		const until = performance.now() + this.#options.deadlineMs;
		while (true) {
			try {
				const run = this.#runner.run((client) => this.#library.run(client, script, key, args), !isReadOnly(script));
				return (await run) as Reply;
			} catch (problem) {
				if (isDemoted(problem)) throw problem;
				const error = explainReply(problem);
				const busy = error instanceof MillraceError && error.code === 'UNAVAILABLE' && error !== problem;
				if (!busy || performance.now() + BUSY_PAUSE_MS > until) throw error;
				await sleep(BUSY_PAUSE_MS);
			}
		}
	}

	/** A plain command outside the scripts. */
	async command<Reply>(args: string[], changes: boolean): Promise<Reply> {
		try {
			return (await this.#runner.run((client) => client.sendCommand(args), changes)) as Reply;
		} catch (problem) {
			if (isDemoted(problem)) throw problem;
			throw explainReply(problem);
		}
	}
}
