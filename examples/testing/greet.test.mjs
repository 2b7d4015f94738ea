// Jobs tested without a server and without waiting: node --test examples/testing/
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { handle, topic } from 'millrace';
import { createTestQueue } from 'millrace/testing';

const orders = topic('orders');
const emails = topic('emails');

/** The code under test: an order is confirmed at once, and asked about a week later. */
const ship = handle(orders, async ({ data }, ctx) => {
	await ctx.push(emails, { to: data.to, what: 'shipped' });
	await ctx.push(emails, { to: data.to, what: 'how was it?' }, { delay: '7d' });
});

let queue;
beforeEach(() => {
	queue = createTestQueue();
});
afterEach(() => queue.close());

test('an order that is shipped sends one mail now and one in a week', async () => {
	const sent = [];
	const send = handle(emails, ({ data }) => void sent.push(data.what));
	await queue.client.push(orders, { to: 'ada@example.org' });
	await queue.drain([ship, send]);
	queue.expectPushed(emails, { to: 'ada@example.org', what: 'shipped' });
	assert.deepEqual(sent, ['shipped']);
	await queue.advance('7d');
	await queue.drain(send);
	assert.deepEqual(sent, ['shipped', 'how was it?']);
});

test('a worker that dies after the mails were pushed does not send them twice', async () => {
	await queue.client.push(orders, { to: 'ada@example.org' });
	queue.crashNext(orders);
	await queue.drain(ship);
	await queue.advance('30s');
	await queue.drain(ship);
	assert.equal(queue.pushed(emails).length, 2);
});
