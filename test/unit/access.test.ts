import { describe, expect, test } from 'vitest';
import { Access, EVERY_TOPIC, GRANT, SCOPES } from '../../src/core/access.ts';

const access = (allow: string[], deny: string[] = []) => new Access({ allow, deny });

describe('a grant', () => {
	test.each(['push:*', 'work:emails', 'observe:emails*', 'operate:a.b-c_d', 'admin:*'])('%s is one', (grant) => {
		expect(GRANT.allows(grant)).toBe(true);
	});

	const bad = [
		'',
		'push',
		'push:',
		':emails',
		'Push:emails',
		'all:*',
		'*:emails',
		'push:*emails',
		'push:e*s',
		'push:**',
	];
	test.each([...bad, 'push: emails', 'push:-x', `push:${'x'.repeat(129)}`, 'push:a:b', 7, null])(
		'%j is none',
		(grant) => {
			expect(GRANT.allows(grant)).toBe(false);
		},
	);
});

describe('a key', () => {
	test('without grants may do nothing', () => {
		for (const scope of SCOPES) {
			expect(access([]).allows(scope, 'emails')).toBe(false);
			expect(access([]).allows(scope, EVERY_TOPIC)).toBe(false);
			expect(access([]).allowsSome(scope)).toBe(false);
		}
	});

	test.each(SCOPES)('with %s may do that on the topics of its pattern, and nothing else', (granted) => {
		for (const scope of SCOPES) {
			const isCovered = granted === scope || granted === 'admin';
			const see = (pattern: string, topic: string | null) => access([`${granted}:${pattern}`]).allows(scope, topic);
			expect(see('emails', 'emails')).toBe(isCovered);
			expect(see('emails*', 'emails')).toBe(isCovered);
			expect(see('emails*', 'emails-eu')).toBe(isCovered);
			expect(see('*', 'emails')).toBe(isCovered);
			expect(see('*', EVERY_TOPIC)).toBe(isCovered);
			for (const [pattern, topic] of [
				['emails', 'emails2'],
				['emails', 'email'],
				['emails*', 'email'],
				['emails*', 'Emails'],
				['emails*', 'my-emails'],
				['emails*', EVERY_TOPIC],
				['emails', EVERY_TOPIC],
			] as const) {
				expect(see(pattern, topic), `${pattern} on ${topic}`).toBe(false);
			}
		}
	});

	test('is denied what a denial covers, whatever grants say', () => {
		const some = access(['push:*', 'push:secret1', 'work:*'], ['push:secret*']);
		expect(some.allows('push', 'secret1')).toBe(false);
		expect(some.allows('work', 'secret1')).toBe(true);
		expect(some.allows('push', 'emails')).toBe(true);
		expect(some.allows('push', EVERY_TOPIC)).toBe(false);
		expect(some.allows('work', EVERY_TOPIC)).toBe(true);
	});

	test('has admin for every scope, also where it is denied', () => {
		const all = access(['admin:*'], ['work:secret']);
		expect([all.allows('work', 'secret'), all.allows('push', 'secret')]).toEqual([false, true]);
		// The keys are about all topics, and could be used to get around a denial.
		expect(access(['admin:*'], ['admin:secret']).allows('admin', EVERY_TOPIC)).toBe(false);
		for (const scope of SCOPES) expect(access(['admin:*', `${scope}:*`], ['admin:s*']).allows(scope, 's1')).toBe(false);
	});

	test('may do something of a scope unless no topic is left for it', () => {
		expect(access(['push:a*'], ['push:a*']).allowsSome('push')).toBe(true);
		expect(access(['push:a*'], ['push:*']).allowsSome('push')).toBe(false);
		expect(access(['push:a*'], ['admin:*']).allowsSome('push')).toBe(false);
		expect(access(['push:a*']).allowsSome('work')).toBe(false);
	});

	test('with a grant that this version cannot read lacks it; with such a denial it may do nothing', () => {
		expect(access(['push:*', 'fly:*']).allows('push', 'emails')).toBe(true);
		expect(access(['admin:*'], ['fly:*']).allows('push', 'emails')).toBe(false);
		expect(access(['admin:*'], ['fly:*']).allowsSome('push')).toBe(false);
	});
});
