import { MillraceError } from '../../core/errors.ts';
import { type Address, addressOf } from './address.ts';
import { type Client, destroy, newClient } from './client.ts';
import { after, within } from './deadline.ts';
import { explainConnectError, isConnectionError, isDemoted } from './replies.ts';

export type { Client } from './client.ts';

export interface ConnectionOptions {
	url: string;
	/** How long one call may take, in ms, with all its repetitions. */
	deadlineMs: number;
	/** Prepares a new client before anybody else uses it; a throw makes the connection fail. */
	onConnect: (client: Client) => Promise<void>;
	/** Told when a connection that had been established is lost. */
	onLost?: () => void;
}

/** A client that is away longer than this fails calls at once instead of letting them wait for its return. */
const PATIENCE_MS = 1_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * A connection that outlives its clients.
 *
 *     connecting ──► ready ──(error, end, deadline passed)──► connecting …        close() from anywhere ──► closed
 *
 * Whatever goes wrong with a client, it is destroyed with its socket and a new one is made: nothing is ever resumed.
 */
export class Connection {
	readonly #options: ConnectionOptions;
	readonly #address: Address;
	#client: Client | null = null;
	#closed = false;
	#downSince = performance.now();
	#lastProblem: unknown = null;
	#pauseMs = FIRST_PAUSE_MS;
	/** Woken when a client becomes ready or the connection is closed. */
	#waiting = new Set<() => void>();

	constructor(options: ConnectionOptions) {
		this.#options = options;
		this.#address = addressOf(options.url);
	}

	get isReady(): boolean {
		return this.#client !== null;
	}

	/** @throws UNAVAILABLE, or what `onConnect` threw, when there is no connection within the deadline. */
	async open(): Promise<void> {
		const until = performance.now() + this.#options.deadlineMs;
		// Of several problems the first is told: the last try may have had no time left.
		let first: MillraceError | undefined;
		while (true) {
			try {
				this.#adopt(await this.#connect(until - performance.now()));
				return;
			} catch (problem) {
				const error = explainConnectError(problem, this.#options.url);
				if (error.code !== 'UNAVAILABLE') throw error;
				first ??= error;
				if (performance.now() + this.#pauseMs > until) throw first;
				await this.#pause();
			}
		}
	}

	close(): void {
		this.#closed = true;
		if (this.#client !== null) destroy(this.#client);
		this.#client = null;
		this.#wake();
	}

	/**
	 * Runs a command that may safely run twice, again and again until a connection carries it or the deadline passes.
	 * @throws UNAVAILABLE when it was never sent, AMBIGUOUS when it was sent and `changes` something, CLOSED after close.
	 */
	async run<T>(
		command: (client: Client) => Promise<T>,
		changes: boolean,
		until = performance.now() + this.#options.deadlineMs,
	): Promise<T> {
		let sent = false;
		while (true) {
			const client = this.#client ?? (await this.#ready(until, sent && changes));
			// A process that stood still meanwhile comes too late: the store remembers a call only so long.
			if (sent && performance.now() >= until) throw this.#failure(changes);
			try {
				return await within(until - performance.now(), command(client));
			} catch (problem) {
				if (!isConnectionError(problem) && !isDemoted(problem)) throw problem;
				sent ||= !isDemoted(problem);
				this.#drop(client, problem);
				if (performance.now() >= until) throw this.#failure(sent && changes);
			}
		}
	}

	async #ready(until: number, ambiguous: boolean): Promise<Client> {
		const now = performance.now();
		// A call that may have been made waits as long as it can: only its repetition tells what became of it.
		const patience = ambiguous ? until : Math.min(until, Math.max(now, this.#downSince + PATIENCE_MS));
		while (this.#client === null) {
			const left = patience - performance.now();
			if (this.#closed || left <= 0) throw this.#failure(ambiguous);
			await this.#nextWake(left);
		}
		return this.#client;
	}

	#failure(ambiguous: boolean): MillraceError {
		if (ambiguous) {
			const message = 'Redis did not answer in time; the change may have been made. Repeat it with the same key.';
			return new MillraceError('AMBIGUOUS', message, { cause: this.#lastProblem });
		}
		if (this.#closed) return new MillraceError('CLOSED', 'The store is closed.');
		return explainConnectError(this.#lastProblem, this.#options.url);
	}

	/** One try to get a client that answers. */
	async #connect(leftMs: number): Promise<Client> {
		const { deadlineMs, onConnect } = this.#options;
		const client = newClient(await this.#address.find(Math.min(leftMs, deadlineMs)));
		// Without a listener an error of the socket would end the process.
		client.on('error', (problem) => this.#drop(client, problem));
		client.on('end', () => this.#drop(client, this.#lastProblem));
		try {
			await within(Math.min(leftMs, deadlineMs), client.connect());
			await this.#address.check(client);
			await within(deadlineMs, onConnect(client));
			return client;
		} catch (problem) {
			destroy(client);
			throw problem;
		}
	}

	#adopt(client: Client): void {
		if (this.#closed || !client.isReady) {
			destroy(client);
			void this.#reconnect();
			return;
		}
		this.#client = client;
		this.#pauseMs = FIRST_PAUSE_MS;
		this.#wake();
	}

	#drop(client: Client, problem: unknown): void {
		this.#lastProblem = problem ?? this.#lastProblem;
		if (client !== this.#client) return;
		this.#client = null;
		this.#downSince = performance.now();
		destroy(client);
		this.#options.onLost?.();
		void this.#reconnect();
	}

	async #reconnect(): Promise<void> {
		while (!this.#closed && this.#client === null) {
			await this.#pause();
			try {
				return this.#adopt(await this.#connect(this.#options.deadlineMs));
			} catch (problem) {
				this.#lastProblem = problem;
			}
		}
	}

	/** Grows from 20 ms to 1 s, with jitter so that a fleet of servers does not come back in step. */
	async #pause(): Promise<void> {
		const pause = this.#pauseMs * (0.5 + Math.random() / 2);
		this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
		await after(pause);
	}

	#wake(): void {
		for (const wake of this.#waiting) wake();
		this.#waiting.clear();
	}

	#nextWake(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.#waiting.add(() => {
				clearTimeout(timer);
				resolve();
			});
		});
	}
}
