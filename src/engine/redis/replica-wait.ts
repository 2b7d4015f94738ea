import { nextTurn } from '../../core/next-turn.ts';
import type { Client } from './client.ts';
import { isConnectionError, isDemoted } from './replies.ts';

/** Where the writes of a client have come to, as far as WAIT tells. */
export interface Reached {
	/** In the memory of a replica, or with WAITAOF on its disk. */
	replica: boolean;
	/** On the disk of this server. False also where that was not asked. */
	disk: boolean;
}

interface ReplicaWaitOptions {
	/** The hash in which waits are counted. */
	key: string;
	/** Longest wait. */
	waitMs: number;
	/** Asks for the disks: the server has WAITAOF and keeps a log. */
	disks: boolean;
}

/** Waits on one client until a replica has what was written over it. Those who come in one turn of the event loop share a wait. */
export class ReplicaWait {
	readonly #client: Client;
	readonly #options: ReplicaWaitOptions;
	#next: Promise<Reached> | null = null;

	constructor(client: Client, options: ReplicaWaitOptions) {
		this.#client = client;
		this.#options = options;
	}

	/**
	 * Tells what became of everything that the server has answered until now, to this client or to any other.
	 * @throws what the connection throws; for an answer that says no, it is not reached
	 */
	reached(): Promise<Reached> {
		this.#next ??= new Promise((resolve, reject) => {
			nextTurn(() => {
				this.#next = null;
				this.#wait().then(resolve, reject);
			});
		});
		return this.#next;
	}

	/**
	 * WAIT counts from the latest write of its own connection. A script that remembers its answer, after a lost reply, writes nothing on this
	 * one, and WAIT would say at once what is true of nothing. So there is always a write before it.
	 */
	async #wait(): Promise<Reached> {
		const { key, waitMs, disks } = this.#options;
		const wait = disks ? ['WAITAOF', '1', '1', String(waitMs)] : ['WAIT', '1', String(waitMs)];
		const written = this.#client.sendCommand(['HINCRBY', key, 'waits', '1']);
		try {
			const [, reply] = await Promise.all([written, this.#client.sendCommand(wait)]);
			const [local, replicas] = Array.isArray(reply) ? reply.map(Number) : [0, Number(reply)];
			return { replica: Number(replicas) >= 1, disk: Number(local) >= 1 };
		} catch (problem) {
			if (isConnectionError(problem) || isDemoted(problem)) throw problem;
			return { replica: false, disk: false };
		}
	}
}
