import { describe, isMillraceError, MillraceError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Document, Documents, Engine } from '../engine/engine.ts';
import { entryOf } from './audit.ts';
import { type OperationRecord, readRecord, readyOf, toDocument } from './record.ts';
import { isOver, makeStep, type Work } from './step.ts';

export interface RunnerOptions {
	/** Told once when rounds begin to fail, not again before one has worked. */
	onError: (error: unknown) => void;
}

/**
 * How long a step may take before another runner may take over. A call that changes something begins only while the deadline of calls still fits, so that
 * two runners are never at work on one operation.
 */
const CLAIM_MS = 6_000;
const CALLS_BEGIN_MS = CLAIM_MS - LIMITS.callDeadlineMs;
/** How long a round goes on: what it knows of the store's time must not grow old. */
const ROUND_MS = 1_000;
/** How often a runner looks while there are operations that it can't go on with, and while there are none. */
const OPEN_PAUSE_MS = 1_000;
const IDLE_PAUSE_MS = 10_000;
/** A rate or a rest has an operation wait no longer than this: a later instant was written before the clock was put back. */
const LONGEST_WAIT_MS = 1_000;
/**
 * After a step an operation rests this many times as long as the step took, and as many times more as there are operations, whichever server would have the next
 * one: so they are at work a third of the time, however many. docs/performance.md has what that gives and takes.
 */
const REST = 2;

/**
 * Carries out bulk operations, one bounded step of each after the other. Every server runs one on its store. A step begins with a claim and ends with
 * a save, both by compare-and-set; whoever finds a claim whose time is over goes on where the last save left off.
 *
 *     stopped ── start() ──► round ⇄ pause (until a rate or a claim allows more, a wake, or a few seconds) ── stop() ──► stopped
 */
export class OperationRunner {
	readonly #engine: Engine;
	readonly #documents: Documents | null;
	readonly #onError: (error: unknown) => void;
	readonly #id = crypto.randomUUID();
	#running: Promise<void> | null = null;
	#stopped = false;
	#failing = false;
	/** The operation that had the last step: the next round begins behind it. */
	#last = '';
	#woken = false;
	#endPause: (() => void) | null = null;

	constructor(engine: Engine, { onError }: RunnerOptions) {
		this.#engine = engine;
		// An engine of somebody else's may be older than its documents.
		this.#documents = engine.documents ?? null;
		this.#onError = onError;
	}

	start(): void {
		if (this.#documents === null) return;
		this.#stopped = false;
		this.#running ??= this.#run();
	}

	/** There may be something to do now. */
	wake(): void {
		this.#woken = true;
		this.#endPause?.();
	}

	/** Makes steps until there is nothing to do now; for one that is not started. */
	async goOn(): Promise<void> {
		while ((await this.round()) === 0);
	}

	/** Resolves when the step under way has ended. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#endPause?.();
		await this.#running;
		this.#running = null;
	}

	/**
	 * Gives each operation that may go on a step. Returns the ms until there may be more to do: 0 after a step.
	 * @throws what the engine throws
	 */
	async round(): Promise<number> {
		if (this.#documents === null) return IDLE_PAUSE_MS;
		const began = performance.now();
		const { documents, now } = await this.#documents.open();
		let pauseMs = documents.length === 0 ? IDLE_PAUSE_MS : OPEN_PAUSE_MS;
		for (const document of this.#inTurn(documents)) {
			if (this.#stopped || performance.now() - began > ROUND_MS) return 0;
			const record = readRecord(document);
			const inMs = this.#waitFor(record, now);
			pauseMs = Math.min(pauseMs, inMs);
			if (inMs > 0) continue;
			this.#last = record.id;
			await this.#step(this.#documents, record, document.version, { began, now, open: documents.length });
		}
		return pauseMs;
	}

	async #run(): Promise<void> {
		while (!this.#stopped) {
			const pauseMs = await this.#roundOrReport();
			if (pauseMs > 0 && !this.#stopped) await this.#pause(pauseMs);
		}
	}

	async #roundOrReport(): Promise<number> {
		try {
			const pauseMs = await this.round();
			this.#failing = false;
			return pauseMs;
		} catch (error) {
			if (!this.#failing) this.#onError(error);
			this.#failing = true;
			return OPEN_PAUSE_MS;
		}
	}

	#pause(ms: number): Promise<void> {
		return new Promise((resolve) => {
			const end = () => {
				clearTimeout(timer);
				this.#endPause = null;
				this.#woken = false;
				resolve();
			};
			const timer = setTimeout(end, ms);
			this.#endPause = end;
			if (this.#woken) end();
		});
	}

	#inTurn(documents: Document[]): Document[] {
		const next = documents.findIndex(({ id }) => id === this.#last) + 1;
		return [...documents.slice(next), ...documents.slice(0, next)];
	}

	/** Ms until this runner may go on with the operation. A claim of its own is from a step that failed. */
	#waitFor(record: OperationRecord, now: number): number {
		const { owner, ownerUntil, notBefore, perSecond } = record;
		const claimed = owner === null || owner === this.#id ? 0 : within(ownerUntil - now, CLAIM_MS);
		// One with a rate looks for more while it waits.
		const waits = perSecond === null || readyOf(record).length > 0;
		return Math.max(claimed, waits ? within(notBefore - now, LONGEST_WAIT_MS) : 0);
	}

	async #step(
		documents: Documents,
		before: OperationRecord,
		version: number,
		{ began, now, open }: { began: number; now: number; open: number },
	): Promise<void> {
		const record = { ...before, owner: this.#id, ownerUntil: now + CLAIM_MS };
		if (!(await documents.save(toDocument(record, version + 1)))) return;
		const stepBegan = performance.now();
		const check = () => {
			if (performance.now() - began < CALLS_BEGIN_MS) return;
			const message = `A step of operation ${record.id} took too long and is made again; what it has done stays done`;
			throw new MillraceError('UNAVAILABLE', message);
		};
		try {
			const repeated = before.owner !== null;
			const work = await makeStep({ engine: this.#engine, record, now, repeated, check });
			const restMs = this.#restAfter(record, open * (performance.now() - stepBegan));
			const notBefore = now + Math.ceil(performance.now() - began + restMs);
			const rest = restMs > 0 ? { notBefore } : {};
			await this.#save(documents, record, version + 1, { ...ended(work, now), ...rest });
		} catch (error) {
			if (isMillraceError(error) && error.retryable) throw error;
			await this.#save(documents, record, version + 1, failed(error, now));
			throw error;
		}
	}

	/** In ms. A rate is rest enough, and whoever drives rounds by hand has the time between them. */
	#restAfter({ perSecond }: OperationRecord, workedMs: number): number {
		return perSecond !== null || this.#running === null ? 0 : Math.min(LONGEST_WAIT_MS, REST * workedMs);
	}

	/** Saves what a step has changed and lets go of the claim. Somebody may have cancelled the operation meanwhile: that stands. */
	async #save(documents: Documents, mine: OperationRecord, version: number, changes: Changes): Promise<void> {
		const after: OperationRecord = { ...mine, ...changes, owner: null, ownerUntil: 0 };
		const entry = after.state === 'running' ? undefined : entryOf(after);
		if (await documents.save(toDocument(after, version + 1), entry)) return;
		const latest = await documents.get(mine.id);
		const theirs = latest === null ? null : readRecord(latest);
		if (latest === null || theirs?.owner !== this.#id) return;
		const { state, complete, error, finishedAt } = theirs;
		await documents.save(toDocument({ ...after, state, complete, error, finishedAt }, latest.version + 1));
	}
}

type Changes = Partial<OperationRecord>;

/** @returns `inMs`, or 0 for an instant that has come, or that lies further ahead than any could */
function within(inMs: number, most: number): number {
	return inMs > 0 && inMs <= most ? inMs : 0;
}

function ended(work: Work, now: number): Changes {
	const changes = { ...work, updatedAt: now };
	return isOver(work) ? { ...changes, state: 'completed', finishedAt: now } : changes;
}

/** What no repetition would change. */
function failed(error: unknown, now: number): Changes {
	const message = error instanceof Error ? error.message : describe(error);
	return { state: 'cancelled', complete: false, error: message, updatedAt: now, finishedAt: now };
}
