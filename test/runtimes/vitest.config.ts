import { defineConfig } from 'vitest/config';

// Apart from the suite: Bun and Deno weigh 200 MB, which `npm test` should not ask of everybody.
export default defineConfig({
	test: {
		root: new URL('../..', import.meta.url).pathname,
		include: ['test/runtimes/quick-start.ts'],
		globalSetup: ['test/support/global-setup.ts'],
		testTimeout: 60_000,
		hookTimeout: 300_000,
	},
});
