import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { chooseSeed } from '../support/seed.ts';
import { until } from '../support/wait.ts';
import { countLeft, examine, type Last, listAll } from './asking.ts';
import { check } from './checker.ts';
import { faultsOf } from './failover-faults.ts';
import { healed } from './faults.ts';
import { History } from './history.ts';
import { Pusher } from './pusher.ts';
import { Random } from './random.ts';
import { report } from './report.ts';
import { type StoreKind, System, TOPIC } from './system.ts';

const { CHAOS_SEED, CHAOS_MINUTES = '1', CHAOS_STORES = 'redis,sqlite', CHAOS_FAULTS = '' } = process.env;
const STORES = CHAOS_STORES.split(',') as StoreKind[];
const SEED = chooseSeed(CHAOS_SEED);
const OUT = join(import.meta.dirname, 'results');
const PUSHERS = 4;
/** Everything is drained in this time after the last fault: crashed jobs wait for their leases and backoffs. */
const DRAIN_MS = 120_000;
/** What an answer must have said for its jobs to be there in the end. */
const KEPT = { redis: 'fsynced', sqlite: 'fsynced', sentinel: 'replicated' };

/** One after the other: they share two cores, and a fault of one must not be the other's. */
test.each(STORES)('%s keeps its promises under faults', async (kind) => {
	console.log(`${kind}: seed ${SEED}, ${CHAOS_MINUTES} min`);
	mkdirSync(OUT, { recursive: true });
	const history = new History(join(OUT, `${kind}-${SEED}.jsonl`));
	const random = new Random(SEED);
	const system = await System.start(kind, history);
	await configure(system);
	let count = 0;
	const pushers = Array.from({ length: PUSHERS }, (_, n) => {
		return new Pusher(system, history, { random: new Random(SEED + n + 1), name: `p${n}` });
	});
	const pushing = Promise.all(pushers.map((pusher) => pusher.run(() => ++count)));
	const found: string[] = [];
	try {
		await inflict(system, history, { random, found });
	} finally {
		for (const pusher of pushers) pusher.stop();
	}
	await pushing;
	const last = await drained(system);
	const defects = [...found, ...(await examine(system))];
	const verdict = { ...check(history, last, KEPT[kind]), defects };
	await history.close();
	writeFileSync(join(OUT, `${kind}-${SEED}.json`), JSON.stringify(verdict, null, '\t'));
	console.log(report(kind, verdict));
	const { lost, unexpected, doubled, doubleCompletions, staleAcceptances, overlapping, stuck } = verdict;
	expect({ lost, unexpected, doubled, doubleCompletions, staleAcceptances, overlapping, stuck, defects }).toEqual({
		lost: [],
		unexpected: [],
		doubled: [],
		doubleCompletions: [],
		staleAcceptances: [],
		overlapping: [],
		stuck: [],
		defects: [],
	});
	if (CHAOS_FAULTS === 'none') expect(verdict.redeliveries).toBe(0);
});

/** Finished jobs are all kept, so that each can be accounted for. */
async function configure({ urls: [url] }: System): Promise<void> {
	const keep = { count: 1_000_000, ageMs: 86_400_000 };
	const body = JSON.stringify({ completed: keep, dead: keep, backoff: { type: 'fixed', delayMs: 100 } });
	const response = await fetch(`${url}/v1/topics/${TOPIC}`, {
		method: 'PATCH',
		headers: { 'content-type': 'application/json' },
		body,
	});
	expect(response.status).toBe(200);
}

/** One fault after the other, with a breath and a look of the doctor's in between, until the time is over. @param found what that finds */
async function inflict(
	system: System,
	history: History,
	{ random, found }: { random: Random; found: string[] },
): Promise<void> {
	const chosen = faultsOf(system.kind).filter(({ name }) => name.includes(CHAOS_FAULTS));
	const end = Date.now() + Number(CHAOS_MINUTES) * 60_000;
	if (chosen.length === 0) await pause(end - Date.now());
	while (Date.now() < end) {
		const { name, happen } = random.pick(chosen);
		history.add({ e: 'fault', at: Date.now(), fault: name });
		await happen(system, random);
		history.add({ e: 'healed', at: Date.now(), fault: name });
		await healed(system);
		found.push(...(await examine(system)));
		await pause(random.between(200, 1_500));
	}
}

/** Waits until nothing is left to do, and lists every job. */
async function drained(system: System): Promise<Last[]> {
	const left = () => countLeft(system).then((count) => count === 0);
	// What is left all the same is told as stuck.
	await until(left, { timeoutMs: DRAIN_MS, what: 'all jobs to end' }).catch(() => {});
	return listAll(system);
}
