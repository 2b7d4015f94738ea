import { expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { START } from '../support/clock.ts';
import { type GetSubject, groupOf, pushJobs, pushMany, settle, take, takeOne } from './kit.ts';

const RATE = { limit: 10, perMs: 60_000, burst: 2 };
const NAMES = [
	'*',
	'a:b',
	'{x}',
	' ',
	'0',
	'null',
	'😀',
	'\uffee',
	'"',
	'\\',
	"it's",
	'%s',
	'é',
	'É',
	'e\u0301',
	'a',
	'ab',
];

/** All names that are listed, page by page. */
async function listNames(engine: Engine, topic: string, limit: number): Promise<string[]> {
	const names: string[] = [];
	let cursor: string | null = null;
	do {
		const page: Awaited<ReturnType<Engine['listGroups']>> = await engine.listGroups({ topic, cursor, limit });
		expect(page.groups.length).toBeLessThanOrEqual(limit);
		names.push(...page.groups.map(({ group }) => group));
		cursor = page.nextCursor;
	} while (cursor !== null);
	return names;
}

function byBytes(names: string[]): string[] {
	return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

export function groupsTests(subject: GetSubject): void {
	test('a group that nobody has heard of is empty and free, and asking does not make it or its topic', async () => {
		const { engine } = subject();
		const nothing = { paused: false, pausedUntil: null, parkedUntil: null, waiting: 0, active: 0, settings: {} };
		expect(await engine.getGroups('nobody', [])).toEqual([]);
		expect(await engine.getGroups('nobody', ['b', 'a'])).toEqual([
			{ group: 'b', ...nothing },
			{ group: 'a', ...nothing },
		]);
		expect(await engine.listGroups({ topic: 'nobody', cursor: null, limit: 10 })).toEqual({
			groups: [],
			nextCursor: null,
		});
		expect(await engine.getTopics(['nobody'])).toEqual([null]);
	});

	test('a group shows its jobs, over all priorities', async () => {
		const { engine } = subject();
		for (const priority of [0, 5, -5]) await pushMany(engine, 'emails', 3, { group: 'g', priority });
		await pushMany(engine, 'emails', 2, { group: 'g', delayMs: 50_000 });
		await pushMany(engine, 'emails', 4);
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ waiting: 9, active: 0 });
		await take(engine, 'emails', { max: 4 });
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ waiting: 5, active: 4 });
		expect(await engine.getGroups('emails', ['other', 'g'])).toMatchObject([{ waiting: 0 }, { waiting: 5 }]);
	});

	test('the number of jobs that wait follows whatever happens to them', async () => {
		const { engine, clock } = subject();
		const ids = await pushMany(engine, 'emails', 6, { group: 'g', maxAttempts: 1 });
		const seen: [number, number][] = [];
		const look = async () => {
			const { waiting, active } = await groupOf(engine, 'emails', 'g');
			seen.push([waiting, active]);
		};
		await settle(engine, await takeOne(engine, 'emails'), 'release');
		await look();
		await settle(engine, await takeOne(engine, 'emails'), 'kill');
		await look();
		await settle(engine, await takeOne(engine, 'emails'), 'release', { delayMs: 1_000 });
		await look();
		clock.advance(1_000);
		await engine.promote();
		await look();
		await engine.deleteJobs([ids[3] ?? '']);
		await engine.cancelJobs([ids[4] ?? ''], { actor: null, reason: null });
		await look();
		await engine.retryJobs([ids[0] ?? '', ids[4] ?? '']);
		await look();
		expect(seen).toEqual([
			[6, 0],
			[5, 0],
			[4, 0],
			[5, 0],
			[3, 0],
			[5, 0],
		]);
	});

	test('settings are patched: a field replaces, null removes, an absent field stays', async () => {
		const { engine } = subject();
		expect(await engine.putGroup('emails', 'g', {})).toEqual({});
		expect(await engine.putGroup('emails', 'g', { weight: 3, rate: RATE })).toEqual({ weight: 3, rate: RATE });
		expect(await engine.putGroup('emails', 'g', { concurrency: 2, weight: 100 })).toEqual({
			weight: 100,
			rate: RATE,
			concurrency: 2,
		});
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({
			settings: { weight: 100, rate: RATE, concurrency: 2 },
		});
		expect(await engine.putGroup('emails', 'g', { rate: null, concurrency: null })).toEqual({ weight: 100 });
		expect(await engine.putGroup('emails', 'g', { weight: null })).toEqual({});
		expect((await groupOf(engine, 'emails', 'g')).settings).toEqual({});
	});

	test("the topic's settings for its groups are not shown as the group's own", async () => {
		const { engine } = subject();
		await engine.putTopic('emails', { groups: { concurrency: 4, rate: RATE } });
		await engine.putGroup('emails', 'g', { weight: 2 });
		expect((await groupOf(engine, 'emails', 'g')).settings).toEqual({ weight: 2 });
		expect(await engine.getTopics(['emails'])).toMatchObject([
			{ settings: { groups: { concurrency: 4, rate: RATE } } },
		]);
		expect(await engine.putTopic('emails', { groups: { concurrency: 1 } })).toEqual({ groups: { concurrency: 1 } });
	});

	test('settings and pauses of a group make its topic, and are not those of the same group elsewhere', async () => {
		const { engine } = subject();
		await engine.putGroup('a', 'g', { concurrency: 1 });
		await engine.pauseGroup('b', 'g', true);
		expect(await engine.getTopics(['a', 'b'])).toMatchObject([{ topic: 'a' }, { topic: 'b', paused: false }]);
		expect(await groupOf(engine, 'a', 'g')).toMatchObject({ paused: false, settings: { concurrency: 1 } });
		expect(await groupOf(engine, 'b', 'g')).toMatchObject({ paused: true, settings: {} });
		expect(await groupOf(engine, 'a', 'gg')).toMatchObject({ settings: {} });
	});

	test('a pause and the settings of a group leave each other as they are', async () => {
		const { engine } = subject();
		await engine.pauseGroup('emails', 'g', true, START + 5_000);
		await engine.putGroup('emails', 'g', { weight: 2 });
		const both = { paused: true, pausedUntil: START + 5_000, settings: { weight: 2 } };
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject(both);
		await engine.pauseGroup('emails', 'g', false);
		expect(await groupOf(engine, 'emails', 'g')).toMatchObject({ paused: false, settings: { weight: 2 } });
	});

	test('listed are the groups with settings of their own and those that are paused, by the bytes of their names', async () => {
		const { engine, clock } = subject();
		await pushJobs(engine, 'emails', [{ group: 'has jobs only' }]);
		for (const [index, group] of NAMES.entries()) {
			if (index % 2 === 0) await engine.putGroup('emails', group, { weight: 2 });
			else await engine.pauseGroup('emails', group, true);
		}
		await engine.pauseGroup('emails', 'paused for a while', true, START + 1_000);
		await engine.putGroup('emails', 'has no more', { weight: 2 });
		await engine.putGroup('emails', 'has no more', { weight: null });
		await engine.pauseGroup('emails', 'was paused', true);
		await engine.pauseGroup('emails', 'was paused', false);
		for (const limit of [1, 3, 100]) {
			expect(await listNames(engine, 'emails', limit)).toEqual(byBytes([...NAMES, 'paused for a while']));
		}
		clock.advance(1_000);
		expect(await listNames(engine, 'emails', 100)).toEqual(byBytes(NAMES));
	});

	test('a listed group shows what getGroups shows', async () => {
		const { engine } = subject();
		await engine.putGroup('emails', 'a', { concurrency: 2, rate: RATE });
		await engine.pauseGroup('emails', 'b', true, START + 5_000);
		for (const group of ['a', 'b']) await pushMany(engine, 'emails', 4, { group });
		await take(engine, 'emails', { max: 10 });
		const { groups } = await engine.listGroups({ topic: 'emails', cursor: null, limit: 10 });
		expect(groups).toEqual(await engine.getGroups('emails', ['a', 'b']));
		expect(groups).toMatchObject([
			{ group: 'a', waiting: 2, active: 2 },
			{ group: 'b', waiting: 4 },
		]);
	});

	test('a cursor of groups stays valid while groups come and go', async () => {
		const { engine } = subject();
		const names = Array.from({ length: 20 }, (_, n) => `g${String(n).padStart(2, '0')}`);
		for (const name of names) await engine.putGroup('emails', name, { weight: 2 });
		const first = await engine.listGroups({ topic: 'emails', cursor: null, limit: 5 });
		for (const gone of ['g04', 'g05']) await engine.putGroup('emails', gone, { weight: null });
		await engine.putGroup('emails', 'g04a', { weight: 2 });
		const rest = await engine.listGroups({ topic: 'emails', cursor: first.nextCursor, limit: 100 });
		expect(rest.groups.map(({ group }) => group)).toEqual(['g04a', ...names.slice(6)]);
		expect(rest.nextCursor).toBeNull();
	});

	test('a thousand groups with names as long as can be are set, shown and listed', async () => {
		const { engine } = subject();
		const names = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(LIMITS.groupBytes, 'n'));
		for (let from = 0; from < names.length; from += 50) {
			await Promise.all(names.slice(from, from + 50).map((name) => engine.putGroup('emails', name, { weight: 2 })));
		}
		expect(await listNames(engine, 'emails', 300)).toEqual(byBytes(names));
		const some = await engine.getGroups('emails', names.slice(0, 100));
		expect(some.every(({ settings }) => settings.weight === 2)).toBe(true);
	});
}
