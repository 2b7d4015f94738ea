import { expect, test } from 'vitest';
import { JOB_STATES } from '../../src/core/job.ts';
import { type GetSubject, idsOf, listAll, pushJobs, pushMany, pushOne, take, takeAll, takeOne } from './kit.ts';

const BAD_CURSORS = ['x', '', '{}', '[', 'null', '💥', '9'.repeat(400)];

export function pagingTests(subject: GetSubject): void {
	test('a page holds up to its limit, and the last page has no cursor', async () => {
		const { engine } = subject();
		const ids = await pushMany(engine, 'emails', 5);
		const query = { topic: 'emails', state: 'waiting', limit: 2 } as const;
		const pages: string[][] = [];
		let cursor: string | null = null;
		do {
			const page = await engine.listJobs({ ...query, cursor });
			pages.push(idsOf(page.jobs));
			cursor = page.nextCursor;
		} while (cursor !== null && pages.length < 10);
		expect(pages.flat()).toEqual(ids);
		expect(pages.slice(0, 2).map((page) => page.length)).toEqual([2, 2]);
		const whole = await engine.listJobs({ ...query, limit: 6, cursor: null });
		expect(whole).toMatchObject({ nextCursor: null });
		expect(idsOf(whole.jobs)).toEqual(ids);
	});

	test('2,500 jobs of one instant are paged through without a repeat or a gap, in every state', async () => {
		const { engine } = subject();
		await engine.putTopic('emails', {
			completed: { count: 10_000, ageMs: 1_000_000 },
			dead: { count: 10_000, ageMs: 1_000_000 },
		});
		const push = async (job: { delayMs?: number } = {}) => {
			const ids: string[] = [];
			for (const size of [1_000, 1_000, 500]) ids.push(...(await pushMany(engine, 'emails', size, job)));
			return ids;
		};
		const delayed = await push({ delayMs: 50 });
		expect(idsOf(await listAll(engine, 'emails', 'delayed', 300))).toEqual(delayed);
		for (const [state, outcome] of [
			['completed', 'complete'],
			['dead', 'kill'],
		] as const) {
			const ids = await push();
			expect(idsOf(await listAll(engine, 'emails', 'waiting', 300))).toEqual(ids);
			const jobs = await takeAll(engine, 'emails');
			expect(idsOf(await listAll(engine, 'emails', 'active', 300))).toEqual(ids);
			for (const from of [0, 1_000, 2_000]) {
				const outcomes = jobs.slice(from, from + 1_000).map(({ id, token }) => ({ id, token, outcome }));
				await engine.settle(outcomes);
			}
			expect(idsOf(await listAll(engine, 'emails', state, 300))).toEqual(ids.reverse());
		}
	}, 60_000);

	for (const state of JOB_STATES) {
		test(`a cursor of ${state} jobs stays valid while jobs leave, and no job that stays is missed`, async () => {
			const { engine } = subject();
			const ids = await pushMany(engine, 'emails', 20, state === 'delayed' ? { delayMs: 50 } : {});
			const untaken = state === 'waiting' || state === 'delayed' || state === 'cancelled';
			const jobs = untaken ? [] : await take(engine, 'emails', { max: 20 });
			if (state === 'cancelled') await engine.cancelJobs(ids, { actor: null, reason: null });
			if (state === 'completed' || state === 'dead') {
				const outcome = state === 'completed' ? 'complete' : 'kill';
				await engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome })));
			}
			const first = await engine.listJobs({ topic: 'emails', state, cursor: null, limit: 6 });
			const shown = idsOf(first.jobs);
			const hidden = ids.filter((id) => !shown.includes(id));
			// The last job shown leaves, as does the first that was to come: the places that a cursor may name.
			const leaving = [...shown.slice(2), ...hidden.slice(0, 1), ...hidden.slice(-1)];
			if (state === 'active') {
				const gone = jobs.filter(({ id }) => leaving.includes(id));
				await engine.settle(gone.map(({ id, token }) => ({ id, token, outcome: 'complete' })));
			} else {
				await engine.deleteJobs(leaving);
			}
			const later: string[] = [];
			let cursor = first.nextCursor;
			while (cursor !== null && later.length < 100) {
				const page = await engine.listJobs({ topic: 'emails', state, cursor, limit: 6 });
				later.push(...idsOf(page.jobs));
				cursor = page.nextCursor;
			}
			const stayed = hidden.filter((id) => !leaving.includes(id));
			expect(later.filter((id) => stayed.includes(id)).sort()).toEqual(stayed.sort());
			expect(later.filter((id) => leaving.includes(id))).toEqual([]);
		});
	}

	test('a cursor of waiting jobs misses none while takes and pushes turn the ring', async () => {
		const { engine } = subject();
		const groups = ['a', 'b', 'c', null];
		const ids = await pushJobs(
			engine,
			'emails',
			Array.from({ length: 40 }, (_, n) => ({ group: groups[n % 4] ?? null })),
		);
		const query = { topic: 'emails', state: 'waiting', limit: 7 } as const;
		const seen: string[] = [];
		let cursor: string | null = null;
		do {
			const page = await engine.listJobs({ ...query, cursor });
			seen.push(...idsOf(page.jobs));
			cursor = page.nextCursor;
			await take(engine, 'emails', { max: 1 });
			await pushOne(engine, 'emails', { group: 'a', priority: 1 });
			await takeOne(engine, 'emails');
		} while (cursor !== null && seen.length < 1_000);
		const states = await engine.getJobs(ids);
		const stayed = ids.filter((_, index) => states[index]?.state === 'waiting');
		expect(stayed.length).toBeGreaterThan(5);
		expect(stayed.filter((id) => !seen.includes(id))).toEqual([]);
	});

	test('a cursor that cannot be read is INVALID, in every state', async () => {
		const { engine } = subject();
		await pushMany(engine, 'emails', 3);
		for (const state of JOB_STATES) {
			for (const cursor of BAD_CURSORS) {
				const list = engine.listJobs({ topic: 'emails', state, cursor, limit: 2 });
				await expect(list, `${state} ${cursor}`).rejects.toMatchObject({ code: 'INVALID' });
			}
		}
	});
}
