import { defineConfig } from 'vitest/config';

// Apart from the suite: it runs parts of the suite, once for each guard.
export default defineConfig({
	test: {
		root: new URL('../..', import.meta.url).pathname,
		include: ['test/mutants/run.ts'],
		testTimeout: 1_800_000,
		hookTimeout: 60_000,
		reporters: ['verbose'],
	},
});
