import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Engine, WorkHint } from '../../src/engine/engine.ts';
import { until } from '../support/wait.ts';
import { finishOne, type GetSubject, LEASE_MS, pushMany, pushOne, type Subject, settle, take, takeOne } from './kit.ts';

export function hintTests(subject: GetSubject): void {
	beforeEach(({ skip }) => skip(!subject().engine.supports.hints, 'there are no hints'));

	const listen = (engine: Engine) => {
		const hints: WorkHint[] = [];
		onTestFinished(engine.onWork((hint) => hints.push(hint)));
		return hints;
	};

	test('a push to an empty topic is hinted at', async () => {
		const { engine } = subject();
		const hints = listen(engine);
		await pushOne(engine, 'emails');
		const isIt = ({ topic, inMs }: WorkHint) => topic === 'emails' && inMs === 0;
		await until(() => hints.some(isIt), { what: 'a hint at work' });
	});

	/** Each lets a topic give jobs again that had none to give. */
	type End = [what: string, prepare: (subject: Subject) => Promise<() => Promise<unknown>>];
	const ENDS: End[] = [
		[
			'the end of a pause',
			async ({ engine }) => {
				await pushOne(engine, 'emails');
				await engine.pauseTopic('emails', true);
				return () => engine.pauseTopic('emails', false);
			},
		],
		[
			'a delay that is over',
			async ({ engine, clock }) => {
				await pushOne(engine, 'emails', { delayMs: 1_000 });
				clock.advance(1_000);
				return () => engine.promote();
			},
		],
		[
			'a lease that has ended',
			async ({ engine, clock }) => {
				await pushOne(engine, 'emails');
				await takeOne(engine, 'emails');
				clock.advance(LEASE_MS);
				return () => engine.reclaim();
			},
		],
		...(['release', 'retry'] as const).map(
			(outcome): End => [
				`a ${outcome}`,
				async ({ engine }) => {
					await pushOne(engine, 'emails');
					const job = await takeOne(engine, 'emails');
					return () => settle(engine, job, outcome);
				},
			],
		),
		[
			'a dead job that is retried',
			async ({ engine }) => {
				const id = await finishOne(engine, 'emails', 'kill');
				return () => engine.retryJobs([id]);
			},
		],
	];

	test.each(ENDS)('%s is hinted at', async (_, prepare) => {
		const { engine } = subject();
		const act = await prepare(subject());
		expect(await take(engine, 'emails')).toEqual([]);
		const hints = listen(engine);
		await act();
		const isIt = ({ topic, inMs }: WorkHint) => topic === 'emails' && inMs === 0;
		await until(() => hints.some(isIt), { what: 'a hint at work' });
		expect(await take(engine, 'emails')).toHaveLength(1);
	});

	test('a delayed job that falls due before all others is hinted at, with how long that takes', async () => {
		const { engine } = subject();
		const hints = listen(engine);
		await pushOne(engine, 'emails', { delayMs: 60_000 });
		await pushOne(engine, 'emails', { delayMs: 90_000 });
		await pushOne(engine, 'emails', { delayMs: 30_000 });
		await until(() => hints.some(({ inMs }) => inMs === 30_000), { what: 'the second hint' });
		const later = hints.filter(({ topic, inMs }) => topic === 'emails' && inMs > 0);
		expect(later.map(({ inMs }) => inMs)).toEqual([60_000, 30_000]);
	});

	test('a lease that ends before all others is hinted at, with how long that takes', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 3);
		const hints = listen(engine);
		await takeOne(engine, 'emails', { leaseMs: 60_000 });
		await takeOne(engine, 'emails', { leaseMs: 90_000 });
		await takeOne(engine, 'emails', { leaseMs: 30_000 });
		await until(() => hints.some(({ inMs }) => inMs === 30_000), { what: 'the second hint' });
		const later = hints.filter(({ topic, inMs }) => topic === 'emails' && inMs > 0);
		expect(later.map(({ inMs }) => inMs)).toEqual([60_000, 30_000]);
	});

	test('a push through one engine is hinted at by another on the same store', async ({ skip }) => {
		const { engine, openAnother } = subject();
		skip(!engine.supports.sharing, 'one engine owns the store');
		const hints = listen(await openAnother());
		await pushOne(engine, 'emails');
		await until(() => hints.some(({ topic }) => topic === 'emails'), { what: 'a hint at work' });
	});

	test('a listener that has unregistered hears no more', async () => {
		const { engine } = subject();
		const heard = listen(engine);
		const silent: WorkHint[] = [];
		const unregister = engine.onWork((hint) => silent.push(hint));
		unregister();
		unregister();
		await pushOne(engine, 'emails');
		await until(() => heard.length > 0, { what: 'a hint at work' });
		expect(silent).toEqual([]);
	});
}
