import { expect, inject, test } from 'vitest';
import { fuzz } from './run.ts';
import { storeOf } from './stores.ts';

const { FUZZ_REQUESTS = '100000', FUZZ_MINUTES = '1440', FUZZ_STORES = 'sqlite,redis' } = process.env;

/** More than that between the time it was warm and the end is a leak. */
const MOST_GROWTH_MB = 100;

/** Most operations have ended before anybody can end them. */
const RARE = 'POST /v1/operations/{id}/cancel';

test.each(FUZZ_STORES.split(','))(
	'%s: every answer is as the description has it, and the server stays well',
	async (kind) => {
		const limits = { seed: inject('seed'), requests: Number(FUZZ_REQUESTS), minutes: Number(FUZZ_MINUTES) };
		const { rssMb, unserved } = await fuzz(await storeOf(kind), limits);
		const [warm, end] = rssMb;
		expect(end - warm).toBeLessThan(MOST_GROWTH_MB);
		expect(unserved.filter((route) => route !== RARE)).toEqual([]);
	},
);
