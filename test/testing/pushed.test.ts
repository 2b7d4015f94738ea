import { AssertionError } from 'node:assert';
import { expect, expectTypeOf, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { topic } from '../../src/sdk/index.ts';
import { createTestQueue } from '../../src/testing/index.ts';

const order = topic('order', {
	input: z.object({ id: z.number(), to: z.object({ city: z.string(), zip: z.string() }), items: z.array(z.string()) }),
});
const ada = { id: 1, to: { city: 'London', zip: 'N1' }, items: ['a', 'b'] };

function newQueue() {
	const queue = createTestQueue();
	onTestFinished(() => queue.close());
	return queue;
}

test('expectPushed finds the job that has what is named, and gives it back with its options', async () => {
	const queue = newQueue();
	await queue.client.push(order, ada, { delay: '10s', priority: 5, group: 'acme', idempotencyKey: 'k' });
	const job = queue.expectPushed(order, { to: { city: 'London' }, items: ['a', 'b'] });
	expect(job).toMatchObject({ data: ada, delayMs: 10_000, priority: 5, group: 'acme', idempotencyKey: 'k' });
	expectTypeOf(job.data.to.city).toEqualTypeOf<string>();
	expect(queue.expectPushed('order')).toEqual(job);
	expect(queue.expectPushed(order, { id: expect.any(Number) })).toEqual(job);
});

test('expectPushed refuses what differs anywhere, with a message that shows what came', async () => {
	const queue = newQueue();
	await queue.client.push(order, ada);
	for (const partial of [{ id: 2 }, { to: { city: 'Paris' } }, { items: ['a'] }, { items: ['b', 'a'] }]) {
		expect(() => queue.expectPushed(order, partial)).toThrow(AssertionError);
	}
	const { id } = queue.pushed(order)[0] ?? {};
	expect(() => queue.expectPushed(order, { id: 2 })).toThrow(
		`No job of order matches {"id":2}; pushed were \n  ${id} {"id":1,`,
	);
	expect(() => queue.expectPushed('mail')).toThrow('Nothing was pushed to mail; pushed was to order (1)');
	// @ts-expect-error: no field of the data
	expect(() => queue.expectPushed(order, { nobody: 1 })).toThrow(AssertionError);
});

test('a date is compared as it was stored', async () => {
	const queue = newQueue();
	const at = new Date(0);
	await queue.client.push('meet', { at });
	expect(queue.expectPushed('meet', { at }).data).toEqual({ at: '1970-01-01T00:00:00.000Z' });
});

test('a repeated push counts once', async () => {
	const queue = newQueue();
	for (let n = 0; n < 2; n++) await queue.client.push(order, ada, { idempotencyKey: 'same' });
	expect(queue.pushed(order)).toHaveLength(1);
});
