/**
 * Weighted fair queueing by virtual time (start-time fair queueing: Goyal, Vin and Cheng, SIGCOMM 1996). Each lane of a ring has
 * a virtual time; the least is served next and grows by the step of its weight. So lanes with work share in proportion to their weights, and
 * one without work costs nothing.
 */

/** What a job of weight 1 adds. Divisible by most small weights; the worst weight up to 100 is served 0.5 % off its share. */
export const STEP = 10_080;

/** @param weight integer, 1 to `LIMITS.weight` */
export function stepOf(weight: number): number {
	return Math.round(STEP / weight);
}
