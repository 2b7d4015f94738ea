import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/wait.ts';
import { countLeft, Doctor, keepAll, type Last, listAll } from './asking.ts';
import { History } from './history.ts';
import { Pusher } from './pusher.ts';
import { Random } from './random.ts';
import type { Run } from './report.ts';
import { type StoreKind, System } from './system.ts';

const OUT = join(import.meta.dirname, 'results');
const PUSHERS = 4;
/** Everything is drained in this time after the last fault: crashed jobs wait for their leases and backoffs. */
const DRAIN_MS = 120_000;
/** Longer than any clock was wrong. */
const HOURS_MS = 2 * 3_600_000;

export interface Trial {
	kind: StoreKind;
	seed: number;
	/** Of its files among the results. */
	name: string;
	/** Lets faults happen until it is over. @param doctor looks after each of them */
	inflict: (system: System, history: History, doctor: Doctor) => Promise<void>;
}

/** Everything of one run: a store, work on it, faults, and the judgement in the end. */
export async function runTrial({ kind, seed, name, inflict }: Trial): Promise<Run> {
	mkdirSync(OUT, { recursive: true });
	const history = new History(join(OUT, `${name}.jsonl`), kind === 'sentinel' ? 'replicated' : 'fsynced');
	const system = await System.start(kind, history);
	await keepAll(system);
	const start = performance.now();
	const { pushers, end } = pushTo(system, history, seed);
	const doctor = new Doctor(system);
	try {
		await inflict(system, history, doctor);
	} finally {
		for (const pusher of pushers) pusher.stop();
	}
	const seconds = (performance.now() - start) / 1_000;
	await end;
	const last = await drained(system, history);
	await doctor.lookAtAll();
	const run = { ...history.checker.verdict(last), defects: doctor.found, seconds };
	await history.close();
	await system.stop();
	writeFileSync(join(OUT, `${name}.json`), JSON.stringify(run, null, '\t'));
	return run;
}

function pushTo(system: System, history: History, seed: number) {
	let count = 0;
	const asked = system.kind === 'sentinel' ? { durability: 'replicated' as const } : {};
	const pushers = Array.from({ length: PUSHERS }, (_, n) => {
		const random = new Random(seed + n + 1);
		const next = () => ++count;
		return new Pusher(system, history, { random, name: `p${n}`, next, poisons: system.poisons, ...asked });
	});
	return { pushers, end: Promise.all(pushers.map((pusher) => pusher.run())) };
}

/** Waits until nothing is left to do, and lists every job. */
async function drained(system: System, history: History): Promise<Last[]> {
	if (history.checker.sawClockSet) {
		// Leases and delays that were given by a clock ahead are over when that hour has come.
		history.add({ e: 'clock', at: Date.now(), byMs: HOURS_MS });
		system.storeClock.set(HOURS_MS);
	}
	const left = () => countLeft(system).then((count) => count === 0);
	// What is left all the same is told as stuck.
	await until(left, { timeoutMs: DRAIN_MS, what: 'all jobs to end' }).catch(() => {});
	return listAll(system);
}

/** What must be empty in the end. With `everysec` a power cut takes deliveries and outcomes back, with sentinels a failover does (they wait for no replica), so that jobs rightly run again. */
export function violations(kind: StoreKind, run: Run): Record<string, unknown[]> {
	const { lost, unexpected, stuck, defects } = run;
	const always = { lost, unexpected, stuck, defects };
	if (kind === 'everysec') return always;
	if (kind === 'sentinel') return { ...always, doubled: run.doubled };
	const { window, doubled, undone, doubleCompletions, staleAcceptances, overlapping } = run;
	return { ...always, window, doubled, undone, doubleCompletions, staleAcceptances, overlapping };
}
