import { pino } from 'pino';
import { expect, test } from 'vitest';
import { isLoopback } from '../../src/cli/exposure.ts';
import { without } from '../../src/cli/secret.ts';

test.each(['127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST'])(
	'%s is this machine',
	(host) => {
		expect(isLoopback(host)).toBe(true);
	},
);

const BEYOND = ['0.0.0.0', '::', '::10', '1::1', '10.0.0.1', '::ffff:10.0.0.1', 'fe80::1', '', 'localhost.example.com'];

test.each([...BEYOND, '127.0.0.1.nip.io', '127.0.0.256', '0177.0.0.1'])('%j may be beyond it', (host) => {
	expect(isLoopback(host)).toBe(false);
});

test('a secret that comes to be logged is taken out of the line', () => {
	const secret = 'canary/-+=&%0123456789abcdefghij!';
	const lines: string[] = [];
	const log = pino({}, without(secret, { write: (line) => void lines.push(line) }));
	log.error({ url: `/v1/topics?key=${secret}`, err: new Error(`not ${secret}`) }, `with ${secret}`);
	expect(lines).toHaveLength(1);
	expect(lines[0]).not.toContain('canary');
	expect(lines[0]?.match(/\*\*\*/g)?.length).toBeGreaterThanOrEqual(3);
});
