import { expect, test } from 'vitest';
import { batch } from '../support/jobs.ts';
import { until } from '../support/wait.ts';
import { remote, startServer, TAKE } from './kit.ts';

const NOBODY = { actor: null, reason: null };
const MINE = { ...TAKE, max: 1, worker: 'w1' };

/** A worker that has a job and waits for another, and what it hears of cancelled jobs. */
async function waitingWorker() {
	const { port, inner } = await startServer();
	const engine = remote(port);
	await engine.push([batch('emails', 1)]);
	const [job] = await engine.take(MINE);
	const heard: string[][] = [];
	const leave = engine.onCancel((ids) => heard.push(ids));
	let waits = 0;
	const onCancel = inner.onCancel.bind(inner);
	// The server listens when the first take of a worker waits.
	inner.onCancel = (listener) => {
		waits++;
		return onCancel(listener);
	};
	const waiting = engine.take(MINE, { waitMs: 20_000 });
	await until(() => waits > 0, { what: 'the take to wait' });
	return { inner, engine, job, heard, leave, waiting };
}

test('a worker that waits hears at once that its job is cancelled, and waits on', async () => {
	const { inner, job, heard, waiting } = await waitingWorker();
	const began = performance.now();
	await inner.cancelJobs([job?.id ?? ''], NOBODY);
	await until(() => heard.length > 0);
	// Long before the request of 1.5 s would have ended by itself.
	expect(performance.now() - began).toBeLessThan(500);
	expect(heard).toEqual([[job?.id]]);
	await inner.push([batch('emails', 1)]);
	expect(await waiting).toMatchObject([{ token: 1 }]);
});

test('a listener that has left hears nothing', async () => {
	const { inner, job, heard, leave, waiting } = await waitingWorker();
	leave();
	await inner.cancelJobs([job?.id ?? ''], NOBODY);
	await inner.push([batch('emails', 1)]);
	expect(await waiting).toHaveLength(1);
	expect(heard).toEqual([]);
});

test('a worker learns from its next extend and its outcome what it has not heard', async () => {
	const { port } = await startServer();
	const engine = remote(port);
	await engine.push([batch('emails', 1)]);
	const [job] = await engine.take(MINE);
	const [id, token] = [job?.id ?? '', job?.token ?? 0];
	const by = { actor: 'ann', reason: 'why "so"' };
	expect(await engine.cancelJobs([id, 'no id'], by)).toEqual([{ status: 'ok' }, { status: 'missing' }]);
	expect(await engine.extend([{ id, token, started: true }], 1_000)).toEqual([{ status: 'cancelled' }]);
	expect(await engine.settle([{ id, token, outcome: 'complete' }])).toEqual([{ status: 'cancelled' }]);
	const [cancelled] = await engine.getJobs([id]);
	expect(cancelled?.history).toMatchObject([{ kind: 'cancelled', by: 'ann', error: '"why \\"so\\""' }]);
});
