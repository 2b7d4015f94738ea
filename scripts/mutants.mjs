// npm run mutants -- --only token --count 3 --seed 7
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
	options: {
		/** Only guards whose name or file holds one of these texts, which commas part. */
		only: { type: 'string' },
		/** So many guards, chosen by the seed. Without it docs/mutants.md is written. */
		count: { type: 'string' },
		/** A random one is printed. */
		seed: { type: 'string' },
	},
});
const given = Object.entries(values).map(([name, value]) => [`MUTANTS_${name.toUpperCase()}`, value]);
const env = { ...process.env, ...Object.fromEntries(given) };
const args = ['vitest', 'run', '--config', 'test/mutants/vitest.config.ts', '--disable-console-intercept'];
process.exit(spawnSync('npx', args, { stdio: 'inherit', env }).status ?? 1);
