import { createHash } from 'node:crypto';
import type { Client } from './connection.ts';
import { isMissingFunction, isMissingScript, isRefusal } from './replies.ts';
import { FLAGS, LIBRARY } from './scripts.gen.ts';

export type ScriptName = keyof typeof FLAGS;

type Flags = (typeof FLAGS)[ScriptName];

/** Names this version of the scripts and their flags, so that servers of two versions can share a Redis. */
const NAME = `millrace_${hash(LIBRARY + JSON.stringify(FLAGS)).slice(0, 8)}`;

const FUNCTIONS = `#!lua name=${NAME}\n${LIBRARY}${(Object.keys(FLAGS) as ScriptName[]).map(registered).join('')}`;

/** How long the functions are not tried again that Redis has refused to load or to run. */
const REFUSAL_MS = 10_000;

function hash(text: string): string {
	return createHash('sha1').update(text).digest('hex');
}

function functionName(script: ScriptName): string {
	return `${NAME}_${script}`;
}

function registered(script: ScriptName): string {
	const flags = FLAGS[script] === '' ? '' : `'${FLAGS[script]}'`;
	const callback = `function(keys, arguments) return runScript('${script}', keys, arguments) end`;
	return `redis.register_function{function_name='${functionName(script)}', flags={${flags}}, callback=${callback}}\n`;
}

/** The whole library as one script, which is told by its last argument what to run. Flags hold for a text, so there is one for each. */
function asScript(flags: Flags): { text: string; sha: string } {
	const head = `#!lua${flags === '' ? '' : ` flags=${flags}`}\nlocal keys, arguments = KEYS, ARGV\n`;
	const text = `${head}${LIBRARY}return runScript(table.remove(arguments), keys, arguments)\n`;
	return { text, sha: hash(text) };
}

/**
 * Runs scripts as functions of one library, which Redis keeps parsed and made. It is loaded where it is missed.
 *
 * A server that is out of memory loads nothing, and one may forbid it to its users: there the same text runs as a script, which takes some
 * 0.1 ms longer a call.
 */
export class Library {
	#refusedUntil = 0;
	readonly #scripts = new Map<Flags, { text: string; sha: string }>();

	/** Calls the script. What was in vain is sent again without waiting for anything, so that calls take effect in the order in which they were made. */
	async run(client: Client, script: ScriptName, key: string, args: string[]): Promise<unknown> {
		if (performance.now() < this.#refusedUntil) return await this.#runScript(client, script, key, args);
		const call = ['FCALL', functionName(script), '1', key, ...args];
		try {
			return await client.sendCommand(call);
		} catch (problem) {
			if (isRefusal(problem)) return await this.#refused(client, script, key, args);
			if (!isMissingFunction(problem)) throw problem;
		}
		const loading = client.sendCommand(['FUNCTION', 'LOAD', FUNCTIONS]).catch(() => undefined);
		try {
			const [, reply] = await Promise.all([loading, client.sendCommand(call)]);
			return reply;
		} catch (problem) {
			if (isMissingFunction(problem)) return await this.#refused(client, script, key, args);
			throw problem;
		}
	}

	#refused(client: Client, script: ScriptName, key: string, args: string[]): Promise<unknown> {
		this.#refusedUntil = performance.now() + REFUSAL_MS;
		return this.#runScript(client, script, key, args);
	}

	async #runScript(client: Client, script: ScriptName, key: string, args: string[]): Promise<unknown> {
		const { text, sha } = this.#scriptFor(FLAGS[script]);
		const tail = ['1', key, ...args, script];
		try {
			return await client.sendCommand(['EVALSHA', sha, ...tail]);
		} catch (problem) {
			if (!isMissingScript(problem)) throw problem;
			return await client.sendCommand(['EVAL', text, ...tail]);
		}
	}

	#scriptFor(flags: Flags): { text: string; sha: string } {
		const known = this.#scripts.get(flags) ?? asScript(flags);
		this.#scripts.set(flags, known);
		return known;
	}
}

/** Whether the script leaves the store as it is: a lost answer of it is no ambiguity. */
export function isReadOnly(script: ScriptName): boolean {
	return FLAGS[script] === 'no-writes';
}
