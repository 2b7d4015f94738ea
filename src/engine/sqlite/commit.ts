import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { MillraceError } from '../../core/errors.ts';
import { isRolledBack, notReopened, undone, unknown } from './errors.ts';
import type { News } from './hints.ts';
import type { Store } from './store.ts';

interface Call {
	enqueuedAt: number;
	/** Does the work inside the transaction that is open. */
	run(): void;
	/** Gives the answer; only once the work is safe. */
	resolve(): void;
	reject(error: Error): void;
}

/** Makes committed transactions safe from a power cut. */
export interface Disk {
	sync(): Promise<void>;
	/** After a sync that failed: everything is read and written anew. Rejects when the disk still fails. */
	reopen(): Promise<Store>;
}

export interface CommitterOptions {
	clock: Clock;
	/** How long a call may last, in ms. */
	deadlineMs: number;
	/** Absent when nothing is kept on a disk. */
	disk: Disk | undefined;
}

/** Longest that the calls of one transaction may hold the thread, in ms; the rest waits for the next one. */
const MAX_TRANSACTION_MS = 20;

/** How many times within the deadline the calls that wait for the disk are looked at. */
const TICKS = 8;

/**
 * Group commit: the calls that arrive while the disk is busy share one transaction, and so one sync.
 *
 * That is optimistic. When one of them fails, all are rolled back and each runs again in a transaction of its own,
 * so that a call that fails fails alone. No transaction starts before the one before it is safe: nobody ever sees
 * what a power cut could take back, and what a failed sync leaves unknown is one transaction.
 */
export class Committer {
	readonly #options: CommitterOptions;
	#store: Store;
	#queue: Call[] = [];
	/** Committed, but not yet safe. */
	#committed: Call[] = [];
	#news: News[] = [];
	#running: Promise<void> | undefined;
	#isBroken = false;

	constructor(store: Store, options: CommitterOptions) {
		this.#store = store;
		this.#options = options;
	}

	/** Resolves once the transaction in which `work` ran is safe. */
	run<T>(work: (store: Store) => T): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			let answer: T;
			const run = () => {
				this.#store.now = this.#options.clock();
				answer = work(this.#store);
			};
			this.#queue.push({ enqueuedAt: performance.now(), run, resolve: () => resolve(answer), reject });
			this.#running ??= this.#loop();
		});
	}

	/** Resolves when everything that was queued has been answered. */
	async finish(): Promise<void> {
		await this.#running;
	}

	async #loop(): Promise<void> {
		do {
			// The calls of one turn of the event loop come together here.
			await nextTurn();
			this.#expire();
			if (this.#isBroken) await this.#repair();
			if (this.#queue.length > 0) this.#transactQueue();
			await this.#secure();
		} while (this.#queue.length > 0);
		this.#running = undefined;
	}

	#transactQueue(): void {
		const calls = this.#queue;
		this.#queue = [];
		const ran = this.#transact(calls);
		// Calls that the time did not suffice for go before those that have come meanwhile.
		this.#queue = [...calls.slice(ran), ...this.#queue];
	}

	/** Runs the first of these calls in one transaction, as many as the time allows, and at least one. Returns how many. */
	#transact(calls: Call[]): number {
		let ran = 0;
		try {
			this.#store.begin();
			const end = performance.now() + MAX_TRANSACTION_MS;
			while (ran < calls.length && (ran === 0 || performance.now() < end)) calls[ran++]?.run();
			this.#store.prepareCommit();
		} catch (error) {
			this.#store.rollback();
			// BEGIN itself may have failed: then the first call has the answer, so that the queue always grows shorter.
			ran = Math.max(1, ran);
			this.#fail(calls.slice(0, ran), error);
			return ran;
		}
		this.#commit(calls.slice(0, ran));
		return ran;
	}

	#commit(calls: Call[]): void {
		try {
			this.#store.commit();
		} catch (error) {
			this.#store.rollback();
			if (isRolledBack(error)) this.#fail(calls, error);
			else rejectAll(calls, unknown(error));
			return;
		}
		this.#committed.push(...calls);
		const news = this.#store.hints.take();
		if (news !== undefined) this.#news.push(news);
	}

	/** After a rollback: a call that was alone is answered, others get a transaction each. */
	#fail(calls: Call[], error: unknown): void {
		if (calls.length <= 1) rejectAll(calls, undone(error));
		else for (const call of calls) this.#transact([call]);
	}

	/** Syncs what was committed, then answers. */
	async #secure(): Promise<void> {
		const { disk } = this.#options;
		try {
			if (disk !== undefined && this.#store.sql.takeWrote()) await this.#watch(disk.sync());
		} catch (error) {
			this.#isBroken = true;
			this.#news = [];
			rejectAll(this.#committed.splice(0), unknown(error));
			return;
		}
		for (const call of this.#committed.splice(0)) call.resolve();
		const told = this.#news.splice(0);
		if (told.length > 0) setImmediate(() => told.forEach((news) => void this.#store.hints.emit(news)));
	}

	/** Waits for the disk, and answers those whose time runs out meanwhile. */
	async #watch(sync: Promise<void>): Promise<void> {
		const timer = setInterval(() => this.#expire(), this.#options.deadlineMs / TICKS);
		try {
			await sync;
		} finally {
			clearInterval(timer);
		}
	}

	/** Answers the calls whose time is over, or would be before the next look. */
	#expire(): void {
		const { deadlineMs } = this.#options;
		const limit = performance.now() - deadlineMs + deadlineMs / TICKS;
		const isLate = (call: Call) => call.enqueuedAt <= limit;
		// Calls stand in the order of their arrival, so the first one speaks for all.
		if (![...this.#committed.slice(0, 1), ...this.#queue.slice(0, 1)].some(isLate)) return;
		const waited = `The SQLite file, or its disk, was busy for more than ${deadlineMs} ms`;
		rejectAll(this.#committed.filter(isLate), unknown(waited));
		rejectAll(this.#queue.filter(isLate), new MillraceError('UNAVAILABLE', `${waited}; nothing was done`));
		this.#queue = this.#queue.filter((call) => !isLate(call));
	}

	async #repair(): Promise<void> {
		try {
			this.#store = (await this.#options.disk?.reopen()) ?? this.#store;
			this.#isBroken = false;
		} catch (error) {
			rejectAll(this.#queue.splice(0), notReopened(error));
		}
	}
}

function rejectAll(calls: Call[], error: Error): void {
	for (const call of calls) call.reject(error);
}
