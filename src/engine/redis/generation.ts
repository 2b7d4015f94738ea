import { randomUUID } from 'node:crypto';
import { MillraceError } from '../../core/errors.ts';
import type { Notices } from '../../core/notices.ts';
import type { Client } from './connection.ts';
import { isConnectionError } from './replies.ts';

/** The layout of keys that this code reads and writes, as docs/redis.md has it. */
export const LAYOUT = 1;

/**
 * Notices a database that is not the one of before. `mr:store` holds a name that was made with it, the layout of its keys, and how often engines have looked at it:
 * a number that only grows, so that one that has not grown is of an older state. Without this a database that was emptied or set back would be served as if
 * nothing had happened.
 */
export class Generation {
	readonly #key: string;
	readonly #notices: Notices;
	#name: string | null = null;
	#looks = 0;

	constructor(key: string, notices: Notices) {
		this.#key = key;
		this.#notices = notices;
	}

	/**
	 * Called for every new connection, and now and then.
	 * @throws STORE_REFUSED for a database of a newer layout
	 */
	async look(client: Client): Promise<void> {
		const [layout] = await this.#read(client, 'layout');
		if (Number(layout ?? LAYOUT) > LAYOUT) {
			const message = `This database has the layout ${layout} of a newer Millrace, and this one knows up to ${LAYOUT}; use the newer one, or another database.`;
			throw new MillraceError('STORE_REFUSED', message);
		}
		try {
			const looks = Number(await client.sendCommand(['HINCRBY', this.#key, 'looks', '1']));
			this.#compare(await this.#nameOf(client), looks);
		} catch (problem) {
			// A full server takes no write but those that free memory, and one without a disk none at all; both still serve.
			if (isConnectionError(problem)) throw problem;
		}
	}

	/** Whoever comes first gives the name. */
	async #nameOf(client: Client): Promise<string | null> {
		const [known] = await this.#read(client, 'name');
		if (known) return known;
		await client.sendCommand(['HSETNX', this.#key, 'name', randomUUID()]);
		await client.sendCommand(['HSETNX', this.#key, 'layout', String(LAYOUT)]);
		const [name = null] = await this.#read(client, 'name');
		return name;
	}

	async #read(client: Client, ...fields: string[]): Promise<(string | null)[]> {
		return (await client.sendCommand(['HMGET', this.#key, ...fields])) as (string | null)[];
	}

	#compare(name: string | null, looks: number): void {
		const at = new Date().toISOString();
		if (this.#name !== null && name !== this.#name) {
			const message = `Redis was found emptied, or with another database, at ${at}: the jobs of before are not there. Was it flushed, or restarted without its data?`;
			this.#notices.set('emptied', message);
		} else if (looks <= this.#looks) {
			const message = `Redis was found in an older state at ${at}: what was answered since is lost, and jobs may run again. Was it restored from a backup, or has it lost the end of its log?`;
			this.#notices.set('set_back', message);
		}
		this.#name = name;
		this.#looks = looks;
	}
}
