import type { Clock } from '../../src/core/clock.ts';

export const START = 1_700_000_000_000;

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
	advance(ms: number): void;
	set(at: number): void;
}

export function testClock(start: number = START): TestClock {
	let now = start;
	const move = {
		advance(ms: number) {
			now += ms;
		},
		set(at: number) {
			now = at;
		},
	};
	return Object.assign(() => now, move);
}
