import { expect, inject, test } from 'vitest';
import { ROUTES } from './api.ts';
import { fuzz } from './run.ts';
import { storeOf } from './stores.ts';

// A slice of what `npm run fuzz` does at length.

/** Enough of a route for there to be something that it can act upon; a few go without in a short run. */
const SERVED = ROUTES.length - 6;

test.each(['sqlite', 'redis'])(
	'2,000 requests, good and bad, to a server on %s',
	async (kind) => {
		const { unserved } = await fuzz(await storeOf(kind), { seed: inject('seed'), requests: 2_000 });
		expect(ROUTES.length - unserved.length).toBeGreaterThanOrEqual(SERVED);
	},
	240_000,
);
