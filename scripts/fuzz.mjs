// npm run fuzz -- --seed 7 --requests 100000 --store redis
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
	options: {
		/** What is drawn; a random one is printed. */
		seed: { type: 'string' },
		/** How many requests, on each store. */
		requests: { type: 'string', default: '100000' },
		/** Ends sooner than that, after so many minutes. */
		minutes: { type: 'string', default: '1440' },
		store: { type: 'string', default: 'sqlite,redis' },
	},
});
const env = {
	...process.env,
	...(values.seed === undefined ? {} : { MILLRACE_TEST_SEED: values.seed }),
	FUZZ_REQUESTS: values.requests,
	FUZZ_MINUTES: values.minutes,
	FUZZ_STORES: values.store,
};
const args = ['vitest', 'run', '--config', 'test/fuzz/vitest.config.ts', '--disable-console-intercept'];
process.exit(spawnSync('npx', args, { stdio: 'inherit', env }).status ?? 1);
