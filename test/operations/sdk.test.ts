import { describe, expect, onTestFinished, test } from 'vitest';
import { Kill } from '../../src/sdk/index.ts';
import { createTestQueue } from '../../src/testing/index.ts';
import { connected, freshTopic, STORES } from '../support/stores.ts';

describe.each(STORES)('bulk operations of a client on $name', ({ url }) => {
	test('retry, move and delete what fits', async () => {
		const client = connected(await url());
		const [topic, other] = [freshTopic(), freshTopic()];
		const handles = await client.pushMany(topic, [0, 1, 2], { group: 'x' });
		const kept = await client.push(topic, 3);
		const cancelled = await client.bulk.cancel(
			{ topic, state: 'waiting', group: 'x' },
			{ actor: 'ada', reason: 'later' },
		);
		expect(await cancelled.wait({ timeout: '20s' })).toMatchObject({
			state: 'completed',
			progress: { done: 3, refused: 0 },
		});
		expect((await handles[0]?.get())?.history).toMatchObject([{ kind: 'cancelled', by: 'ada', error: '"later"' }]);
		const filter = { topic, state: ['cancelled' as const] };
		expect(await client.bulk.dryRun('retry', filter)).toEqual({ scanned: 0, matched: 3, complete: true });
		await (await client.bulk.retry({ ...filter, ids: [handles[1]?.id ?? ''] })).wait();
		expect((await handles[1]?.get())?.state).toBe('waiting');
		await (await client.bulk.move({ topic, state: ['cancelled', 'waiting'], group: 'x' }, { to: other })).wait();
		expect((await client.topic(other))?.counts.waiting).toBe(3);
		await (await client.bulk.delete({ topic: other, state: 'waiting' })).wait();
		expect((await client.topic(other))?.counts.waiting).toBe(0);
		expect((await kept.get())?.state).toBe('waiting');
	});

	test('are started once under one key, and stand in the audit log', async () => {
		const client = connected(await url());
		const topic = freshTopic();
		await client.pushMany(topic, [0, 1]);
		const start = () =>
			client.bulk.cancel({ topic, state: 'waiting' }, { actor: 'ada', idempotencyKey: `cancel ${topic}` });
		const [one, other] = await Promise.all([start(), start()]);
		expect(other?.id).toBe(one?.id);
		await one?.wait();
		const { entries } = await client.audit({ limit: 10 });
		const own = entries.filter(({ target }) => target === one?.id).map(({ actor, action }) => [actor, action]);
		expect(own).toEqual([
			['ada', 'operation.complete'],
			['ada', 'operation.start'],
		]);
		const page = await client.audit({ limit: 1 });
		expect(page.entries).toHaveLength(1);
		expect((await client.audit({ limit: 1, cursor: page.nextCursor })).entries).not.toEqual(page.entries);
		await expect(client.audit({ limit: 0 })).rejects.toMatchObject({ code: 'INVALID', invalid: { field: 'limit' } });
	});

	test('can be looked at and cancelled by their ids', async () => {
		const client = connected(await url());
		const topic = freshTopic();
		await client.pushMany(topic, [0, 1, 2, 3, 4, 5]);
		const begun = await client.bulk.cancel({ topic, state: 'waiting' }, { perSecond: 1 });
		const handle = client.bulk.operation(begun.id);
		await expect(handle.wait({ timeout: 0 })).rejects.toMatchObject({ code: 'TIMEOUT' });
		expect(await handle.cancel({ actor: 'ada' })).toMatchObject({ state: 'cancelled', complete: false });
		expect(await handle.wait()).toMatchObject({ id: begun.id, state: 'cancelled' });
		expect((await handle.progress()).done).toBeLessThan(6);
	});

	test('are refused before anything is done when they are not right', async () => {
		const client = connected(await url());
		const topic = freshTopic();
		const wrong = { topic, state: 'waiting' as const };
		await expect(client.bulk.retry(wrong)).rejects.toMatchObject({
			code: 'INVALID',
			invalid: { field: 'filter.state' },
		});
		await expect(client.bulk.cancel({ ...wrong, olderThan: 'x' as '1s' })).rejects.toMatchObject({ code: 'INVALID' });
		const strange = { ...wrong, groups: 'x' };
		await expect(client.bulk.cancel(strange)).rejects.toMatchObject({ invalid: { field: 'groups' } });
		await expect(client.bulk.move(wrong, { to: topic })).rejects.toMatchObject({ invalid: { field: 'to' } });
		const none = client.bulk.operation('op-00000000-0000-4000-8000-000000000000');
		await expect(none.get()).rejects.toMatchObject({ code: 'NOT_FOUND' });
		await expect(none.cancel()).rejects.toMatchObject({ code: 'NOT_FOUND' });
	});
});

test('a bulk operation in a test queue is done when its call returns, and one with a rate as the clock goes on', async () => {
	const queue = createTestQueue();
	onTestFinished(() => queue.close());
	const fails = () => {
		throw new Kill('no');
	};
	for (let n = 0; n < 3; n++) await queue.perform('t', fails, n);
	const retried = await queue.client.bulk.retry({ topic: 't', state: 'dead', error: 'no' }, { perSecond: 1 });
	expect((await retried.progress()).done).toBe(1);
	await queue.advance('1s');
	await queue.advance('1s');
	expect(await retried.get()).toMatchObject({ state: 'completed', progress: { done: 3 } });
	expect((await queue.client.topic('t'))?.counts.waiting).toBe(3);
	const deleted = await queue.client.bulk.delete({ topic: 't', state: 'waiting' });
	expect((await deleted.get()).state).toBe('completed');
});
