// A worker that speaks plain HTTP and tells, one JSON object a line, each job that it takes and each answer that it gets. A program of its own, so that it can
// be killed, stopped and poisoned.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const { urls, topic, leaseMs, worker } = JSON.parse(process.argv[2]);
const TRY_MS = 4_000;
const CONCURRENCY = 150;
// Its wall clock may be set while it runs; what it tells goes by the one that it started with.
const now = () => Math.round(performance.timeOrigin + performance.now());
const say = (what) => process.stdout.write(`${JSON.stringify({ at: now(), worker, ...what })}\n`);

/** Asks one server after the other until one answers; `null` when the time that a repetition makes sense is over. */
async function ask(path, body, withinMs) {
	const until = now() + withinMs;
	for (let tries = Math.floor(Math.random() * urls.length); ; tries++) {
		try {
			const response = await fetch(urls[tries % urls.length] + path, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
				signal: AbortSignal.timeout(TRY_MS),
			});
			if (response.ok) return await response.json();
			await response.arrayBuffer();
		} catch {}
		if (now() > until) return null;
		await pause(50 + Math.random() * 100);
	}
}

let settling = { outcomes: [], answer: null };

/** Outcomes of one turn go together. */
function settle(outcome) {
	const batch = settling;
	const at = batch.outcomes.push(outcome) - 1;
	batch.answer ??= pause(5).then(() => {
		settling = { outcomes: [], answer: null };
		return ask('/v1/settle', { outcomes: batch.outcomes }, 30_000);
	});
	return batch.answer.then((answer) => answer?.settled[at].status ?? 'unknown');
}

async function run({ id, token, attempt, data, leaseExpiresAt }) {
	say({ e: 'took', id, token, attempt, n: data.n, until: leaseExpiresAt });
	if (data.poison === 'exit') process.exit(7);
	if (data.poison === 'abort') process.abort();
	if (data.poison === 'spin' && attempt === 1) for (const end = now() + 2 * leaseMs; now() < end; );
	// Some take long: the second delivery of one is still under way when a worker that stood still hands in the first.
	await pause(data.n % 50 === 0 ? 0.75 * leaseMs : Math.random() * 20);
	say({ e: 'settled', id, token, status: await settle({ id, token, outcome: 'complete' }) });
}

const running = new Set();
while (true) {
	// A take whose answer is lost brings the same jobs under the same id, while their lease lasts.
	const max = Math.min(100, CONCURRENCY - running.size);
	const request = { topics: [topic], max, waitMs: 1_000, leaseMs, worker, requestId: randomUUID() };
	const answer = await ask('/v1/take', request, leaseMs);
	for (const job of answer?.jobs ?? []) {
		const done = run(job).finally(() => running.delete(done));
		running.add(done);
	}
	if (running.size === CONCURRENCY) await Promise.race(running);
}
