import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { batching } from '../../src/engine/batching.ts';
import type { Engine, PushBatch } from '../../src/engine/engine.ts';
import { createEngine } from '../../src/engine/open.ts';
import { batch } from '../support/jobs.ts';
import { ask, infoOf } from '../support/replicas.ts';
import { sentinelGroupForTest } from '../support/sentinel.ts';
import { until } from '../support/wait.ts';

const TOPIC = 'emails';
const TAKE = { topics: [TOPIC], max: 10, leaseMs: 60_000 };
/** Down-after is a second; the election and the switch take another or two, and a deadline of 4 s may stand in between. */
const BACK_MS = 20_000;

const asking = (count = 1): PushBatch => ({ ...batch(TOPIC, count), durability: 'replicated' });

async function openEngine(url: string): Promise<Engine> {
	const engine = batching(await createEngine(url));
	onTestFinished(() => engine.close());
	await engine.open();
	return engine;
}

/** Pushes and works until it is stopped. What fails is left alone: it was not answered. */
function bustle(engine: Engine) {
	const replicated: string[] = [];
	const completed: string[] = [];
	let goesOn = true;
	const pushing = async () => {
		while (goesOn) {
			const [result] = await engine.push([asking()]).catch(() => []);
			await turn();
			if (result?.status !== 'created' || result.durability !== 'replicated') continue;
			replicated.push(...result.jobs.map(({ id }) => id));
		}
	};
	const working = async () => {
		while (goesOn) {
			const jobs = await engine.take({ ...TAKE, max: 2 }).catch(() => []);
			await turn();
			const outcomes = jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' as const }));
			const settled = await engine.settle(outcomes).catch(() => []);
			completed.push(...jobs.filter((_, index) => settled[index]?.status === 'ok').map(({ id }) => id));
		}
	};
	const ended = Promise.all([pushing(), pushing(), pushing(), pushing(), working()]);
	const stop = async () => {
		goesOn = false;
		await ended;
	};
	onTestFinished(stop);
	return { replicated, completed, stop };
}

test('what was answered replicated is there after a failover, and the engine goes on by itself', async () => {
	const group = await sentinelGroupForTest();
	const engine = await openEngine(group.url);
	await engine.putTopic(TOPIC, { completed: { count: 1_000_000, ageMs: 86_400_000 } });
	const { replicated, completed, stop } = bustle(engine);
	await until(() => replicated.length > 200 && completed.length > 50, { what: 'some pushes' });
	const primary = await group.primary();
	await primary.kill();
	const before = completed.length;
	const next = await group.failover(primary);
	await until(() => completed.length > before + 10, { timeoutMs: BACK_MS, what: 'jobs to be completed again' });
	await stop();
	const known = await Promise.all(
		Array.from({ length: Math.ceil(replicated.length / 1_000) }, (_, page) =>
			engine.getJobs(replicated.slice(1_000 * page, 1_000 * (page + 1))),
		),
	);
	expect(replicated.filter((_, index) => known.flat()[index] === null)).toEqual([]);
	expect(await infoOf(next.url, 'role')).toBe('master');
	expect(engine.notices?.list().map(({ code }) => code)).not.toContain('emptied');
}, 120_000);

test('a primary that stands still is left, and when it moves again it is not written to', async () => {
	const group = await sentinelGroupForTest();
	const engine = await openEngine(group.url);
	await engine.push([asking()]);
	const old = await group.primary();
	old.pause();
	const next = await group.failover(old);
	await until(() => engine.push([asking()]).catch(() => null), { timeoutMs: BACK_MS, what: 'a push to be answered' });
	old.resume();
	await group.settled();
	await until(
		async () => {
			const [result] = await engine.push([asking()]);
			return result?.status === 'created' && result.durability === 'replicated';
		},
		{ timeoutMs: BACK_MS, what: 'the old primary to be a replica' },
	);
	const jobs = (await ask(next.url, 'HLEN', `mr:{${TOPIC}/0}:jobs`)) as number;
	expect(jobs).toBeGreaterThanOrEqual(3);
	expect(await ask(old.url, 'HLEN', `mr:{${TOPIC}/0}:jobs`)).toBe(jobs);
	expect(await infoOf(old.url, 'role')).toBe('slave');
}, 120_000);
