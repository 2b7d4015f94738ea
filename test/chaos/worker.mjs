// A worker that speaks plain HTTP and tells, one JSON object a line, each job that it takes and each answer that it gets. A program of its own, so that it can
// be killed, stopped and poisoned.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

const { urls, topic, leaseMs, worker } = JSON.parse(process.argv[2]);
const TRY_MS = 4_000;
const CONCURRENCY = 20;
const say = (what) => process.stdout.write(`${JSON.stringify({ at: Date.now(), worker, ...what })}\n`);

/** Asks one server after the other until one answers; `null` when the time that a repetition makes sense is over. */
async function ask(path, body, withinMs) {
	const until = Date.now() + withinMs;
	for (let tries = 0; ; tries++) {
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
		if (Date.now() > until) return null;
		await pause(50 + Math.random() * 100);
	}
}

async function run({ id, token, attempt, data, leaseExpiresAt }) {
	say({ e: 'took', id, token, attempt, n: data.n, until: leaseExpiresAt });
	if (data.poison === 'exit') process.exit(7);
	if (data.poison === 'abort') process.abort();
	if (data.poison === 'spin' && attempt === 1) for (const end = Date.now() + 2 * leaseMs; Date.now() < end; );
	// Some take long: the second delivery of one is still under way when a worker that stood still hands in the first.
	await pause(data.n % 50 === 0 ? 0.75 * leaseMs : Math.random() * 20);
	const answer = await ask('/v1/settle', { outcomes: [{ id, token, outcome: 'complete' }] }, 30_000);
	say({ e: 'settled', id, token, status: answer?.settled[0].status ?? 'unknown' });
}

const running = new Set();
while (true) {
	// A take whose answer is lost brings the same jobs under the same id, while their lease lasts.
	const max = CONCURRENCY - running.size;
	const request = { topics: [topic], max, waitMs: 1_000, leaseMs, worker, requestId: randomUUID() };
	const answer = await ask('/v1/take', request, leaseMs);
	for (const job of answer?.jobs ?? []) {
		const done = run(job).finally(() => running.delete(done));
		running.add(done);
	}
	if (running.size === CONCURRENCY) await Promise.race(running);
}
