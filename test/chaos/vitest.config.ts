import { defineConfig } from 'vitest/config';

// Apart from the suite: it takes as long as it is told to.
export default defineConfig({
	test: {
		root: new URL('../..', import.meta.url).pathname,
		include: [process.env.CHAOS_POWER_CUTS === undefined ? 'test/chaos/run.ts' : 'test/chaos/power-cuts.ts'],
		globalSetup: ['test/support/global-setup.ts'],
		testTimeout: 24 * 3_600_000,
		hookTimeout: 60_000,
	},
});
