import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		globalSetup: ['test/support/global-setup.ts'],
		testTimeout: 60_000,
		hookTimeout: 60_000,
		// Two cores are the smallest machine that runs this suite; each worker also drives a Redis server.
		maxWorkers: 2,
		dangerouslyIgnoreUnhandledErrors: false,
	},
});
