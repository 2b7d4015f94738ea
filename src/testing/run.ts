import type { Clock } from '../core/clock.ts';
import { MillraceError } from '../core/errors.ts';
import type { TakenJob } from '../core/job.ts';
import { Delivery } from '../worker/delivery.ts';
import { type Ending, toStoredError } from '../worker/outcomes.ts';

/** One job in a handler's hands. */
export interface Run {
	delivery: Delivery;
	/** null for a lease that was lost. */
	ending: Promise<Ending | null>;
	leaseMs: number;
	timeoutMs: number | null;
	startedAt: number;
	/** False for a run whose lease somebody else has by now, which it does not know. */
	renewed: boolean;
}

export function begin(
	job: TakenJob,
	{ clock, leaseMs, timeoutMs }: { clock: Clock; leaseMs: number; timeoutMs: number | null },
): Run {
	let onEnding: (ending: Ending | null) => void = () => {};
	const ending = new Promise<Ending | null>((resolve) => {
		onEnding = resolve;
	});
	const delivery = new Delivery(job, (_, how) => onEnding(how), clock);
	return { delivery, ending, leaseMs, timeoutMs, startedAt: clock(), renewed: true };
}

/** The failed attempt that a worker makes of a handler that is still at work. */
export function timeOut(delivery: Delivery, timeoutMs: number): void {
	const error = new MillraceError('TIMEOUT', `The handler was still at work after ${timeoutMs} ms`);
	delivery.end({ outcome: 'retry', error: toStoredError(error) }, error);
}
