// Pushes to a store, takes and completes as fast as it can, and tells each answer, one JSON object a line, until its power is cut. What an answer is
// told for is on the pipe before the cut. First it tells what a cut before has left: every job, and what the doctor finds.
import { batching, createEngine, JOB_STATES, toRawJson } from '../../dist/engine/index.js';

const { store, topic, producers, repeats, firstNumber, name } = JSON.parse(process.argv[2]);
const LARGEST_PUSH = 50;
const LEASE_MS = 60_000;
const say = (what) => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...what })}\n`);

const engine = batching(await createEngine(store, { deadlineMs: 10_000 }));
await engine.open();

async function* pages(ask) {
	for (let cursor = null; ; ) {
		const page = await ask(cursor);
		yield page;
		if (page.nextCursor === null) return;
		cursor = page.nextCursor;
	}
}

async function tellAll() {
	const jobs = [];
	for (const state of JOB_STATES) {
		for await (const page of pages((cursor) => engine.listJobs({ topic, state, cursor, limit: 1_000 }))) {
			for (const { id, data } of page.jobs) jobs.push([id, state, JSON.parse(data).n]);
		}
	}
	const defects = [];
	for await (const page of pages((cursor) => engine.examine({ topic, cursor, limit: 500, repair: false }))) {
		defects.push(...page.defects);
	}
	say({ e: 'left', jobs, defects });
}

/** Answered once it is stored; who asks again under the same key gets the same answer. */
async function push({ key, ns }) {
	const common = { priority: 0, group: null, maxAttempts: 4, backoff: null, delayMs: 0, runAt: null };
	const jobs = ns.map((n) => ({ ...common, data: toRawJson({ n }) }));
	const [result] = await engine.push([{ topic, jobs, idempotency: { key, fingerprint: 'f' } }]);
	const ids = result.ids ?? result.jobs.map(({ id }) => id);
	say({ e: 'pushed', key, ids, durability: engine.durability });
}

let next = firstNumber;
let pushes = 0;

async function produce() {
	while (true) {
		const ns = Array.from({ length: 1 + Math.floor(Math.random() * LARGEST_PUSH) }, () => next++);
		const one = { key: `${name}.${++pushes}`, ns };
		say({ e: 'push', ...one });
		await push(one);
	}
}

async function consume() {
	while (true) {
		const jobs = await engine.take({ topics: [topic], max: 20, leaseMs: LEASE_MS, worker: name });
		if (jobs.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		const outcomes = jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' }));
		const settled = outcomes.length === 0 ? [] : await engine.settle(outcomes);
		for (const [at, { status }] of settled.entries()) say({ e: 'settled', worker: name, ...outcomes[at], status });
	}
}

const keep = { count: 1_000_000, ageMs: 86_400_000 };
await engine.putTopic(topic, { completed: keep, dead: keep });
await tellAll();
for (const one of repeats) await push(one);
say({ e: 'ready' });
// A store whose power is cut fails its calls; what they were is unknown then.
await Promise.allSettled([consume(), ...Array.from({ length: producers }, produce)]);
