import { defineConfig } from 'vitest/config';

// Apart from the suite: it takes as long as it is told to.
export default defineConfig({
	test: {
		root: new URL('../..', import.meta.url).pathname,
		include: ['test/fuzz/long.ts'],
		globalSetup: ['test/support/global-setup.ts'],
		testTimeout: 24 * 3_600_000,
		hookTimeout: 60_000,
	},
});
