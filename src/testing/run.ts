import type { Clock } from '../core/clock.ts';
import type { TakenJob } from '../core/job.ts';
import { Delivery } from '../worker/delivery.ts';
import { type Ending, endingOfTimeout } from '../worker/outcomes.ts';
import { handlerTimeout, outOfTime } from '../worker/reasons.ts';

/** One job in a handler's hands. */
export interface Run {
	delivery: Delivery;
	/** null for a delivery that was lost. */
	ending: Promise<Ending | null>;
	leaseMs: number;
	/** The handler's; null for none. */
	timeoutMs: number | null;
	startedAt: number;
	/** False for a run whose lease somebody else has by now, which it does not know. */
	renewed: boolean;
	/** Resolves when its outcome is in the store, or will never be. */
	gone: Promise<void>;
	letGo: () => void;
}

export function begin(
	job: TakenJob,
	{ clock, leaseMs, timeoutMs }: { clock: Clock; leaseMs: number; timeoutMs: number | null },
): Run {
	let onEnding: (ending: Ending | null) => void = () => {};
	const ending = new Promise<Ending | null>((resolve) => {
		onEnding = resolve;
	});
	let letGo: () => void = () => {};
	const gone = new Promise<void>((resolve) => {
		letGo = resolve;
	});
	const delivery = new Delivery(job, (_, how) => onEnding(how), clock);
	return { delivery, ending, leaseMs, timeoutMs, startedAt: clock(), renewed: true, gone, letGo };
}

/** Whose time is over by now, the job's or the handler's; null for neither. As in a worker the shorter of the two holds. */
export function overdue({ delivery, timeoutMs, startedAt }: Run, now: number): 'job' | 'handler' | null {
	const jobs = delivery.job.timeoutMs ?? Number.POSITIVE_INFINITY;
	const handlers = timeoutMs ?? Number.POSITIVE_INFINITY;
	if (delivery.isOver || now < startedAt + Math.min(jobs, handlers)) return null;
	return jobs <= handlers ? 'job' : 'handler';
}

export function endByHandler({ delivery, timeoutMs }: Run): void {
	const why = handlerTimeout(timeoutMs ?? 0);
	delivery.end(endingOfTimeout(delivery.job, why), why);
}

export function endByJob({ delivery }: Run): void {
	delivery.lose(outOfTime(delivery.job));
}
