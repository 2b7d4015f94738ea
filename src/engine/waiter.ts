import type { TakenJob } from '../core/job.ts';
import type { TakeRequest, Wait } from './engine.ts';

/** What a caller wants, and how it is answered. */
interface Caller {
	request: TakeRequest;
	/** Nothing can have been taken under the request's id so far. */
	isNew: boolean;
	resolve: (jobs: TakenJob[]) => void;
	reject: (error: unknown) => void;
}

/** One take in line. While it asks the engine it is `asking`; a hint that comes meanwhile makes it ask once more. */
export interface Waiter {
	request: TakeRequest;
	isNew: boolean;
	asking: boolean;
	hinted: boolean;
	done: boolean;
	finish: (jobs: TakenJob[]) => void;
	fail: (error: unknown) => void;
}

/** Puts a caller at the end of the line, which it leaves when it is answered: at the latest when its time is over or its signal fires. */
export function stand(line: Set<Waiter>, caller: Caller, { waitMs, signal }: Wait): Waiter {
	const { request, isNew, resolve, reject } = caller;
	const end = () => {
		// A take that is under way is waited for: its jobs belong to this waiter.
		if (!waiter.asking) waiter.finish([]);
		else waiter.done = true;
	};
	const timer = setTimeout(end, waitMs);
	const leave = () => {
		waiter.done = true;
		clearTimeout(timer);
		signal?.removeEventListener('abort', end);
		line.delete(waiter);
	};
	const waiter: Waiter = {
		request,
		isNew,
		asking: false,
		hinted: false,
		done: false,
		finish: (jobs) => {
			leave();
			resolve(jobs);
		},
		fail: (error) => {
			leave();
			reject(error);
		},
	};
	signal?.addEventListener('abort', end, { once: true });
	line.add(waiter);
	return waiter;
}

export function wants(waiter: Waiter, topic: string | null): boolean {
	return topic === null || waiter.request.topics.includes(topic);
}
