import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chooseSeed } from '../support/seed.ts';
import type { Doctor } from './asking.ts';
import { faultsOf, healed } from './faults/index.ts';
import type { History } from './history.ts';
import { Random } from './random.ts';
import { report } from './report.ts';
import type { StoreKind, System } from './system.ts';
import { runTrial, violations } from './trial.ts';

const { CHAOS_SEED, CHAOS_MINUTES = '1', CHAOS_STORES = 'redis,sqlite', CHAOS_FAULTS = '' } = process.env;
const STORES = CHAOS_STORES.split(',') as StoreKind[];
const SEED = chooseSeed(CHAOS_SEED);

/** After each fault; 30,000 jobs. All are looked at in the end. */
const DOCTORS_STEPS = 60;

/** One after the other: they share two cores, and a fault of one must not be the other's. */
test.each(STORES)('%s keeps its promises under faults', async (kind) => {
	console.log(`${kind}: seed ${SEED}, ${CHAOS_MINUTES} min`);
	const run = await runTrial({ kind, seed: SEED, name: `${kind}-${SEED}`, inflict });
	console.log(report(kind, run));
	expect(Object.entries(violations(kind, run)).filter(([, found]) => found.length > 0)).toEqual([]);
	if (CHAOS_FAULTS === 'none') expect(run.redeliveries).toBe(0);
});

/** One fault after the other, with a breath and a look of the doctor's in between, until the time is over. */
async function inflict(system: System, history: History, doctor: Doctor): Promise<void> {
	const random = new Random(SEED);
	const chosen = choose(system);
	const end = Date.now() + Number(CHAOS_MINUTES) * 60_000;
	if (chosen.length === 0) await pause(end - Date.now());
	while (Date.now() < end) {
		const { name, part = 'other', happen } = random.pick(chosen);
		history.add({ e: 'fault', at: Date.now(), fault: name, part });
		await happen(system, random, history);
		history.add({ e: 'healed', at: Date.now(), fault: name });
		await healed(system);
		await doctor.look(DOCTORS_STEPS);
		await pause(random.between(100, 500));
	}
}

function choose({ kind, hasNoSmallDisk }: System) {
	const chosen = faultsOf(kind).filter(({ name }) => name.includes(CHAOS_FAULTS));
	if (hasNoSmallDisk === undefined) return chosen;
	const left = chosen.filter(({ needs }) => needs !== 'smallDisk');
	if (left.length < chosen.length) console.log(`${kind}: no full disk, ${hasNoSmallDisk}`);
	return left;
}
