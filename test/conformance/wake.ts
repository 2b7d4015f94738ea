import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Engine, WorkHint } from '../../src/engine/engine.ts';
import type { TestClock } from '../support/clock.ts';
import { until } from '../support/wait.ts';
import { cancel, type GetSubject, LEASE_MS, pushMany, pushOne, settle, take, takeOne } from './kit.ts';

const FOR_MS = 640_000;

/** What holds a job back for a time: its group, or the whole topic. */
const HOLDS: Record<string, (engine: Engine, clock: TestClock) => Promise<unknown>> = {
	'the end that a pause of a topic was given later': async (engine, clock) => {
		await engine.pauseTopic('emails', true);
		await take(engine, 'emails');
		await engine.pauseTopic('emails', true, clock() + FOR_MS);
	},
	'the end that a pause of a group was given later': async (engine, clock) => {
		await engine.pauseGroup('emails', 'g', true);
		await take(engine, 'emails');
		await engine.pauseGroup('emails', 'g', true, clock() + FOR_MS);
	},
	'the pause of a topic': (engine, clock) => engine.pauseTopic('emails', true, clock() + FOR_MS),
	'the pause of a group': (engine, clock) => engine.pauseGroup('emails', 'g', true, clock() + FOR_MS),
	'the park of a group': async (engine) =>
		settle(engine, await takeOne(engine, 'emails'), 'release', { parkMs: FOR_MS }),
	'the park of a topic': async (engine) => {
		await pushOne(engine, 'emails', { priority: 9 });
		await settle(engine, await takeOne(engine, 'emails'), 'complete', { parkMs: FOR_MS });
	},
	'the rate of a topic': async (engine) => {
		await engine.putTopic('emails', { rate: { limit: 1, perMs: FOR_MS } });
		await takeOne(engine, 'emails');
	},
	'the rate of a group': async (engine) => {
		await engine.putGroup('emails', 'g', { rate: { limit: 1, perMs: FOR_MS } });
		await takeOne(engine, 'emails');
	},
};

/** What lets the next job of a group go that has as many active ones as it may; the first of them is `first`. */
const FREES: Record<
	string,
	(engine: Engine, first: { id: string; token: number }, clock: TestClock) => Promise<unknown>
> = {
	'a completion': (engine, first) => settle(engine, first, 'complete'),
	'a cancellation': (engine, first) => cancel(engine, first.id),
	'a reclaim': async (engine, _first, clock) => {
		clock.advance(LEASE_MS);
		return engine.reclaim();
	},
	'a higher limit of the group': (engine) => engine.putGroup('emails', 'g', { concurrency: 5 }),
	'a higher limit of the topic': (engine) => engine.putTopic('emails', { concurrency: null }),
};

export function wakeTests(subject: GetSubject): void {
	beforeEach(({ skip }) => skip(!subject().engine.supports.hints, 'there are no hints'));

	/** Resolves when work in the topic is hinted at; what was hinted at before does not count. */
	const hint = (engine: Engine) => {
		const hints: WorkHint[] = [];
		onTestFinished(engine.onWork((one) => hints.push(one)));
		const isWork = ({ topic, inMs }: WorkHint) => inMs === 0 && (topic === 'emails' || topic === null);
		return () => until(() => hints.some(isWork), { what: 'a hint at work', timeoutMs: 5_000 });
	};

	for (const [what, hold] of Object.entries(HOLDS)) {
		test(`a promote has in sight when ${what} is over, and hints at it then`, async () => {
			const { engine, clock } = subject();
			await pushMany(engine, 'emails', 3, { group: 'g' });
			await hold(engine, clock);
			if (!what.endsWith('later')) expect(await take(engine, 'emails')).toEqual([]);
			const { nextInMs } = await engine.promote();
			expect(nextInMs).not.toBeNull();
			expect(nextInMs).toBeLessThanOrEqual(FOR_MS);
			clock.advance(FOR_MS);
			const hinted = hint(engine);
			expect(await engine.promote()).toMatchObject({ count: 0 });
			await hinted();
			expect(await take(engine, 'emails')).toHaveLength(1);
		});
	}

	for (const [what, free] of Object.entries(FREES)) {
		test(`whoever waits for a job of a group or a topic at its limit hears of it: ${what}`, async () => {
			const { engine, clock } = subject();
			await engine.putTopic('emails', { concurrency: what.endsWith('topic') ? 1 : 9 });
			await engine.putGroup('emails', 'g', { concurrency: what.endsWith('topic') ? 9 : 1 });
			await pushMany(engine, 'emails', 3, { group: 'g' });
			const first = await takeOne(engine, 'emails');
			expect(await take(engine, 'emails')).toEqual([]);
			const hinted = hint(engine);
			await free(engine, first, clock);
			await hinted();
			expect(await take(engine, 'emails')).toHaveLength(1);
		});
	}

	for (const what of ['topic', 'group'] as const) {
		test(`whoever waits for a job of a paused ${what} hears of its resumption`, async () => {
			const { engine } = subject();
			await pushMany(engine, 'emails', 3, { group: 'g' });
			const pause = (paused: boolean) =>
				what === 'topic' ? engine.pauseTopic('emails', paused) : engine.pauseGroup('emails', 'g', paused);
			await pause(true);
			expect(await take(engine, 'emails')).toEqual([]);
			const hinted = hint(engine);
			await pause(false);
			await hinted();
			expect(await take(engine, 'emails')).toHaveLength(1);
		});
	}

	test('a promote has in sight when it is too late to start a job', async () => {
		const { engine, clock } = subject();
		await pushOne(engine, 'emails', { ttlMs: 5_000 });
		await pushOne(engine, 'emails', { ttlMs: 9_000, delayMs: 90_000 });
		expect((await engine.promote()).nextInMs).toBeLessThanOrEqual(5_000);
		clock.advance(5_000);
		expect(await engine.promote()).toMatchObject({ count: 1 });
		expect((await engine.promote()).nextInMs).toBeLessThanOrEqual(85_000);
	});
}
