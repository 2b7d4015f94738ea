/** The present as epoch milliseconds. Engines take one, so that tests can set the time. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
