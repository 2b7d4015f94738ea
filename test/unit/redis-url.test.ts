import { expect, test } from 'vitest';
import { withoutPassword as addressOf } from '../../src/engine/redis/replies.ts';
import { isRedisUrl, parseSentinelUrl } from '../../src/engine/redis/url.ts';
import { redact, storeKind, withoutPassword } from '../../src/server/store-url.ts';

test('a URL of sentinels names them with their ports, the primary, and how to speak to it', () => {
	expect(parseSentinelUrl('redis+sentinel://me:p%40ss@a:26380,b,[::1]:7/my%20jobs/3')).toEqual({
		scheme: 'redis',
		credentials: 'me:p%40ss@',
		sentinels: ['a:26380', 'b:26379', '[::1]:7'],
		name: 'my jobs',
		database: '/3',
	});
	expect(parseSentinelUrl('rediss+sentinel://a/main')).toEqual({
		scheme: 'rediss',
		credentials: '',
		sentinels: ['a:26379'],
		name: 'main',
		database: '',
	});
});

test.each([
	'redis+sentinel://',
	'redis+sentinel://a',
	'redis+sentinel://a/',
	'redis+sentinel:///main',
	'redis+sentinel://a,,b/main',
	'redis+sentinel://a:99999/main',
	'redis+sentinel://a/main/x',
	'redis+sentinel://a/main/0/1',
	'redis+sentinel://a/main?db=1',
	'redis+sentinel://a/%',
	'http+sentinel://a/main',
	'sentinel://a/main',
	'redis://',
])('%j is none', (url) => {
	expect(parseSentinelUrl(url)).toBeNull();
	expect(isRedisUrl(url)).toBe(false);
});

test.each(['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel'])(
	'%s: is a Redis, and no password of it is shown',
	(scheme) => {
		const url = `${scheme}://me:p/w@a:1/main`;
		expect(storeKind(url)).toBe('redis');
		expect(withoutPassword(url)).toBe(`${scheme}://me:***@a:1/main`);
		expect(redact(`cannot reach ${url}`, url)).toBe(`cannot reach ${scheme}://me:***@a:1/main`);
		expect(addressOf(url)).toBe(`${scheme}://a:1/main`);
	},
);
