import { invalid, MillraceError } from '../core/errors.ts';
import type { JobState } from '../core/job.ts';
import { checkKey } from '../core/job-options.ts';
import type { DryRun, Operation, OperationAction, OperationProgress } from '../core/operation.ts';
import { type CancelOptions, cancelledBy } from './cancelling.ts';
import { type Duration, toMs } from './duration.ts';
import type { Store } from './store.ts';
import { asTopic, type TopicLike } from './topic.ts';

type AnyTopic = TopicLike<unknown, unknown, unknown, unknown>;

/** Which jobs a bulk operation is about. A job must fit all that is there. */
export interface BulkFilter {
	topic: AnyTopic;
	/** One state or several, of those that the action is for. */
	state: JobState | JobState[];
	group?: string;
	/** Among the job's tags. */
	tag?: string;
	/** Pushed at least, or less than, so long before the operation begins. */
	olderThan?: Duration;
	newerThan?: Duration;
	/** Stands in the text of the job's latest error. */
	error?: string;
	/** Only these jobs, up to 1,000. */
	ids?: string[];
}

export interface BulkOptions {
	/** Most jobs that are acted upon in a second, 1 to 10,000. Default: as fast as it goes. */
	perSecond?: number;
	/** Who asks, and why; both stand in the audit log, and in the history of each job that is cancelled. */
	actor?: string;
	reason?: string;
	/**
	 * The same call under the same key starts nothing more and resolves with the same operation; up to 255 characters. Default: one of its own, so that
	 * only this call is repeated.
	 */
	idempotencyKey?: string;
}

export interface MoveOptions extends BulkOptions {
	/** Another topic. */
	to: AnyTopic;
}

type Open = () => Promise<Store>;

const FIELDS = ['topic', 'state', 'group', 'tag', 'olderThan', 'newerThan', 'error', 'ids'];

/**
 * What is done to many jobs at once: in bounded steps, in the background, and through to its end whichever server or client dies meanwhile. Jobs that are pushed
 * or finish after it has begun are left alone. Each call resolves once the operation has begun.
 *
 * Each throws INVALID for a filter or options that are not right, before anything is done, STORE_FULL while 100 operations are under way,
 * IDEMPOTENCY_CONFLICT for another call under a key that is known.
 */
export class Bulk {
	readonly #open: Open;

	constructor(open: Open) {
		this.#open = open;
	}

	/** Dead and cancelled jobs wait again, their attempts counted afresh. */
	retry(filter: BulkFilter, options: BulkOptions = {}): Promise<OperationHandle> {
		return this.#start('retry', filter, options);
	}

	/** Waiting, delayed and active jobs. */
	cancel(filter: BulkFilter, options: BulkOptions = {}): Promise<OperationHandle> {
		return this.#start('cancel', filter, options);
	}

	/** Jobs in any state but active. */
	delete(filter: BulkFilter, options: BulkOptions = {}): Promise<OperationHandle> {
		return this.#start('delete', filter, options);
	}

	/** Waiting, delayed, dead and cancelled jobs go to another topic, under new ids; there they wait, or are delayed as they were. */
	move(filter: BulkFilter, options: MoveOptions): Promise<OperationHandle> {
		return this.#start('move', filter, options);
	}

	/** Counts the jobs that such an operation would be about, and changes nothing. */
	async dryRun(action: OperationAction, filter: BulkFilter): Promise<DryRun> {
		const request = await checked({ action, filter: wireFilter(filter), dryRun: true });
		return (await this.#open()).operations.dryRun(request);
	}

	/** An operation by its id. */
	operation(id: string): OperationHandle {
		return new OperationHandle(id, this.#open);
	}

	async #start(action: OperationAction, filter: BulkFilter, { idempotencyKey, ...options }: BulkOptions | MoveOptions) {
		if (idempotencyKey !== undefined) checkKey(idempotencyKey);
		const to = 'to' in options ? { to: asTopic(options.to).name } : {};
		const request = await checked({ ...options, ...to, action, filter: wireFilter(filter) });
		const { id } = await (await this.#open()).operations.start(request, idempotencyKey);
		return this.operation(id);
	}
}

/** How often an operation that is waited for is looked at. */
const POLL_MS = 200;

/** A bulk operation that has begun. */
export class OperationHandle {
	readonly id: string;
	readonly #open: Open;

	constructor(id: string, open: Open) {
		this.id = id;
		this.#open = open;
	}

	/** @throws NOT_FOUND for one that never was, or that has been let go: the last 1,000 that have ended are kept */
	async get(): Promise<Operation> {
		const { operations } = await this.#open();
		return this.#known(await operations.get(this.id));
	}

	/** How far it is. @throws NOT_FOUND */
	async progress(): Promise<OperationProgress> {
		return (await this.get()).progress;
	}

	/**
	 * Waits until it has completed or was cancelled; `state` says which.
	 *
	 * @param options.timeout longest wait. Default: none
	 * @throws TIMEOUT when it is still running by then, NOT_FOUND
	 */
	async wait({ timeout }: { timeout?: Duration } = {}): Promise<Operation> {
		const until = timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + toMs(timeout, 'timeout');
		while (true) {
			const operation = await this.get();
			if (operation.state !== 'running') return operation;
			const left = until - performance.now();
			if (left <= 0) throw new MillraceError('TIMEOUT', `Operation ${this.id} is still running`);
			await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, left)));
		}
	}

	/**
	 * Ends it before its time. What it has done stays done; a step that is under way still ends. One that was cancelled already stays so.
	 * @throws WRONG_STATE for one that has completed, NOT_FOUND
	 */
	async cancel(options: CancelOptions = {}): Promise<Operation> {
		const by = cancelledBy(options);
		const { operations } = await this.#open();
		return this.#known(await operations.cancel(this.id, by));
	}

	#known(operation: Operation | null): Operation {
		if (operation !== null) return operation;
		throw new MillraceError('NOT_FOUND', `There is no operation ${this.id}; it never began, or it has been let go`);
	}
}

/** The check needs the schema library, which a client that never does this need not load. */
async function checked(request: object) {
	const { checkRequest } = await import('../operations/request.ts');
	const { dryRun: _, ...asked } = checkRequest(request);
	return asked;
}

function wireFilter(filter: BulkFilter): object {
	const stranger = Object.keys(filter).find((key) => !FIELDS.includes(key));
	if (stranger !== undefined)
		throw invalid(stranger, `is no field of a filter; known: ${FIELDS.join(', ')}`, undefined);
	const { topic, olderThan, newerThan, ...rest } = filter;
	return {
		...rest,
		topic: asTopic(topic).name,
		...(olderThan === undefined ? {} : { olderThanMs: toMs(olderThan, 'olderThan') }),
		...(newerThan === undefined ? {} : { newerThanMs: toMs(newerThan, 'newerThan') }),
	};
}
