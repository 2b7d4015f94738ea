import { onStop, type StopSource } from './stop.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** 50 ms, 100 ms, 200 ms … 1 s, the latter half of it random, so that those who failed together do not come back together. */
export function pauseAfter(tries: number): number {
	const grown = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
	return grown * (0.5 + Math.random() / 2);
}

/** Waits, unless one of the signals fires. */
export function pause(ms: number, signals: StopSource[]): Promise<void> {
	if (signals.some((signal) => signal?.aborted)) return Promise.resolve();
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			leave();
			resolve();
		};
		const timer = setTimeout(end, ms);
		const leave = onStop(signals, end);
	});
}
