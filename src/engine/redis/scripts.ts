import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { MillraceError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { baseKey } from './keys.ts';
import { isReadOnly, Library, type ScriptName } from './library.ts';
import { explainReply } from './replies.ts';

export type { ScriptName } from './library.ts';

const BUSY_PAUSE_MS = 50;

/** How much longer than it can be repeated a call is remembered, in ms. */
const MEMORY_MARGIN_MS = 2_000;

/** Calls scripts on one topic each. Every script may run twice with the same arguments, which is how lost answers heal. */
export class Scripts {
	readonly prefix: string;
	/** How long scripts remember a call, in ms as they take it: one that came later than this would be done once more. */
	readonly callMemory: string;
	readonly #connection: Connection;
	readonly #library = new Library();
	readonly #deadlineMs: number;
	readonly #clock: Clock | null;
	readonly #caller = randomBytes(9).toString('base64url');
	#calls = 0;

	constructor(connection: Connection, options: { prefix: string; deadlineMs: number; clock: Clock | null }) {
		this.#connection = connection;
		this.prefix = options.prefix;
		this.#deadlineMs = options.deadlineMs;
		// A busy server may use up one deadline, and the connection another.
		this.callMemory = String(2 * options.deadlineMs + MEMORY_MARGIN_MS);
		this.#clock = options.clock;
	}

	/** The `now` argument of scripts: empty lets Redis ask its own clock. */
	get now(): string {
		return this.#clock === null ? '' : String(this.#clock());
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
		const until = performance.now() + this.#deadlineMs;
		while (true) {
			try {
				const run = this.#connection.run((client) => this.#library.run(client, script, key, args), !isReadOnly(script));
				return (await run) as Reply;
			} catch (problem) {
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
			return (await this.#connection.run((client) => client.sendCommand(args), changes)) as Reply;
		} catch (problem) {
			throw explainReply(problem);
		}
	}
}
