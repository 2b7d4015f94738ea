import { randomInt } from 'node:crypto';

/** The seed that the environment asks for, or a new one. */
export function chooseSeed(text: string | undefined): number {
	if (text === undefined || text === '') return randomInt(2 ** 31);
	const seed = Number(text);
	if (!Number.isInteger(seed)) throw new Error(`MILLRACE_TEST_SEED must be an integer, received ${text}`);
	return seed;
}
