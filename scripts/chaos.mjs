// npm run chaos -- --seed 7 --minutes 5 --store redis --faults 'kill -9'
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
	options: {
		/** The choices of the nemesis; a random one is printed. */
		seed: { type: 'string' },
		/** How long faults are made, on each store. */
		minutes: { type: 'string', default: '1' },
		/** Redis with `always`, an SQLite file, and, when named, `everysec` or `sentinel`. */
		store: { type: 'string', default: 'redis,sqlite' },
		/** Only faults whose names hold this; `none` for none. */
		faults: { type: 'string', default: '' },
		/** Cuts the power so many times instead, on each store. */
		'power-cuts': { type: 'string' },
		/** How much slower each sync is there, in ms. */
		'slow-ms': { type: 'string', default: '0' },
	},
});
const env = {
	...process.env,
	...(values.seed === undefined ? {} : { CHAOS_SEED: values.seed }),
	...(values['power-cuts'] === undefined ? {} : { CHAOS_POWER_CUTS: values['power-cuts'] }),
	CHAOS_SLOW_MS: values['slow-ms'],
	CHAOS_MINUTES: values.minutes,
	CHAOS_STORES: values.store,
	CHAOS_FAULTS: values.faults,
};
const args = ['vitest', 'run', '--config', 'test/chaos/vitest.config.ts', '--disable-console-intercept'];
process.exit(spawnSync('npx', args, { stdio: 'inherit', env }).status ?? 1);
