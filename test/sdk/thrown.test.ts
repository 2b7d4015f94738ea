import { expect, test } from 'vitest';
import { connected, freshTopic } from '../support/stores.ts';

function cyclic(): object {
	const self: Record<string, unknown> = {};
	self.self = self;
	return self;
}

class Hostile extends Error {
	override get message(): string {
		throw new Error('no message for you');
	}
}

const THROWN: [string, () => unknown, Record<string, unknown>][] = [
	['a string', () => 'plain', { name: 'NonError', message: 'plain' }],
	['undefined', () => undefined, { name: 'NonError', message: 'undefined' }],
	['null', () => null, { name: 'NonError', message: 'null' }],
	['a symbol', () => Symbol('odd'), { name: 'NonError', message: 'Symbol(odd)' }],
	['a BigInt', () => 10n, { name: 'NonError', message: '10' }],
	['an object', () => ({ code: 7 }), { name: 'NonError', message: '{"code":7}' }],
	['an object with a cycle', cyclic, { name: 'NonError', message: '[object Object]' }],
	['an object without a prototype', () => Object.create(null), { name: 'NonError', message: '{}' }],
	[
		'an error with a cycle',
		() => Object.assign(new Error('round'), { cause: cyclic(), self: cyclic() }),
		{ name: 'Error', message: 'round' },
	],
	['an error with an odd name', () => Object.assign(new Error('x'), { name: 5 }), { name: '5', message: 'x' }],
	['an error that throws when it is read', () => new Hostile(), { name: 'NonError' }],
	[
		'an object that throws when it is printed',
		() => ({
			toJSON: () => {
				throw new Error('no');
			},
			get [Symbol.toStringTag](): string {
				throw new Error('no');
			},
		}),
		{ name: 'NonError' },
	],
	['a proxy that was revoked', revoked, { name: 'NonError' }],
];

function revoked(): object {
	const { proxy, revoke } = Proxy.revocable({}, {});
	revoke();
	return proxy;
}

test.each(THROWN)(
	'a handler that throws %s fails its attempt, and the store keeps what it can',
	async (_, make, kept) => {
		const client = connected('memory:');
		const name = freshTopic();
		const job = await client.push(name, null, { maxAttempts: 1 });
		client.work(name, () => {
			throw make();
		});
		await expect(job.result({ timeout: '5s' })).rejects.toMatchObject({ code: 'JOB_DEAD' });
		expect(JSON.parse((await job.get())?.error ?? '')).toMatchObject(kept);
	},
);

test.each([
	['message', (text: string) => new Error(text)],
	['text', (text: string) => text],
	['stack', (text: string) => Object.assign(new Error('x'), { stack: text })],
	['name', (text: string) => Object.assign(new Error('x'), { name: text })],
])('a %s of megabytes is cut to what the store keeps', async (_, make) => {
	const client = connected('memory:');
	const name = freshTopic();
	const job = await client.push(name, null, { maxAttempts: 1 });
	client.work(name, () => {
		throw make('€'.repeat(3_000_000));
	});
	await expect(job.result({ timeout: '5s' })).rejects.toMatchObject({ code: 'JOB_DEAD' });
	const error = (await job.get())?.error ?? '';
	expect(Buffer.byteLength(error)).toBeLessThanOrEqual(65_536);
	expect(error.length).toBeGreaterThan(100);
});

test('control characters, six bytes each in JSON, are cut to the same bound', async () => {
	const client = connected('memory:');
	const name = freshTopic();
	const job = await client.push(name, null, { maxAttempts: 1 });
	client.work(name, () => {
		throw Object.assign(new Error('\u0001'.repeat(100_000)), { stack: '\u0001'.repeat(100_000) });
	});
	await expect(job.result({ timeout: '5s' })).rejects.toMatchObject({ code: 'JOB_DEAD' });
	expect(Buffer.byteLength((await job.get())?.error ?? '')).toBeLessThanOrEqual(65_536);
});

test.each([
	['a cycle', cyclic()],
	['a BigInt', { n: 1n }],
	['more than the store keeps', 'x'.repeat(70_000)],
])('a result with %s is a failed attempt that says so', async (_, returned) => {
	const client = connected('memory:');
	const name = freshTopic();
	const job = await client.push(name, null, { maxAttempts: 1 });
	client.work(name, () => returned);
	await expect(job.result({ timeout: '5s' })).rejects.toThrow(/circular|BigInt|larger than 65536/);
});
