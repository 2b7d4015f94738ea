import { LIMITS } from '../../core/limits.ts';
import type { Durability, PushBatch, PushResult } from '../engine.ts';
import { type Client, Connection } from './connection.ts';
import { readSafety } from './durability.ts';
import { storeKey } from './keys.ts';
import { push } from './push.ts';
import { ReplicaWait } from './replica-wait.ts';
import { Scripts, type ScriptsOptions } from './scripts.ts';
import { checkServer, hasWaitAof, readInfo } from './server-check.ts';
import { TopicNames } from './topic-names.ts';

interface ReplicatedPushesOptions extends ScriptsOptions {
	url: string;
	/** What a push reaches that asks for nothing. */
	usual: () => Durability;
}

/** What is known of one client. */
interface Session {
	names: TopicNames;
	wait: ReplicaWait;
	/** What this server does without being asked. */
	durability: Durability;
}

/**
 * Pushes that wait for a replica. They have a connection of their own, made when the first one comes, since a WAIT holds up whatever is sent
 * behind it.
 *
 * The scripts of a push and its WAIT run on one client. Where that is lost in between, everything is done again on the next one, which may
 * lead to another server: what a primary was told of its replicas before a failover says nothing of what its successor has.
 */
export class ReplicatedPushes {
	readonly #options: ReplicatedPushesOptions;
	readonly #connection: Connection;
	readonly #scripts: Scripts;
	readonly #sessions = new WeakMap<Client, Session>();
	#opening: Promise<void> | null = null;

	constructor(options: ReplicatedPushesOptions) {
		const { url, deadlineMs } = options;
		this.#options = options;
		const onConnect = async (client: Client) => void this.#sessions.set(client, await this.#begin(client));
		this.#connection = new Connection({ url, deadlineMs, onConnect });
		this.#scripts = new Scripts(this.#connection, options);
	}

	/** @throws what a push throws */
	async push(batches: PushBatch[]): Promise<PushResult[]> {
		const until = performance.now() + this.#options.deadlineMs;
		await this.#open();
		const name = this.#scripts.callId();
		return this.#connection.run((client) => this.#pushOver(client, name, batches), true, until);
	}

	close(): void {
		this.#connection.close();
	}

	/** Once it is open it comes back by itself. */
	#open(): Promise<void> {
		this.#opening ??= this.#connection.open().catch((problem) => {
			this.#opening = null;
			throw problem;
		});
		return this.#opening;
	}

	async #begin(client: Client): Promise<Session> {
		await checkServer(client);
		const { durability, hasLog } = await readSafety(client);
		const { prefix, deadlineMs } = this.#options;
		const disks = hasLog && hasWaitAof(await readInfo(client, 'server'));
		// Ours is the later deadline: an answer of what was reached is worth more than none.
		const waitMs = Math.ceil(Math.min(LIMITS.replicationMs, deadlineMs / 2));
		const wait = new ReplicaWait(client, { key: storeKey(prefix), waitMs, disks });
		return { names: new TopicNames(this.#scripts.pinned(client, '')), wait, durability };
	}

	/** May be done again on another client: under the same name its scripts know what they have done. */
	async #pushOver(client: Client, name: string, batches: PushBatch[]): Promise<PushResult[]> {
		const session = this.#sessions.get(client) ?? (await this.#begin(client));
		const results = await push(this.#scripts.pinned(client, name), session.names, batches);
		const durability = await this.#reached(session);
		return results.map((result, index) => {
			const isStored = result.status === 'created' || result.status === 'duplicate';
			return isStored && batches[index]?.durability !== undefined ? { ...result, durability } : result;
		});
	}

	async #reached({ wait, durability }: Session): Promise<Durability> {
		const { replica, disk } = await wait.reached();
		if (replica) return 'replicated';
		// Both must say so: the one was asked when the client was new, the other may be of another server by now.
		return disk || (durability === 'fsynced' && this.#options.usual() === 'fsynced') ? 'fsynced' : 'memory';
	}
}
