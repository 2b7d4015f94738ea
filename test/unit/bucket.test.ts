import { expect, test } from 'vitest';
import { Bucket } from '../../src/server/access/bucket.ts';
import { FAILURES, Failures } from '../../src/server/access/failures.ts';

test('a bucket gives its burst at once, then what flows in', () => {
	const bucket = new Bucket({ limit: 10, perMs: 1_000, burst: 3 }, 0);
	expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([0, 0, 0, 100]);
	expect(bucket.take(99)).toBeCloseTo(1);
	expect(bucket.take(100)).toBe(0);
	expect(bucket.take(100)).toBeCloseTo(100);
});

test('without a burst it holds its limit, and a long rest fills it no further', () => {
	const bucket = new Bucket({ limit: 2, perMs: 1_000 }, 0);
	const taken = Array.from({ length: 5 }, () => bucket.take(3_600_000));
	expect(taken.map((wait) => wait === 0)).toEqual([true, true, false, false, false]);
});

test('what was refused takes nothing, and asking how long takes nothing either', () => {
	const bucket = new Bucket({ limit: 1, perMs: 1_000 }, 0);
	expect(bucket.take(0)).toBe(0);
	for (let n = 0; n < 50; n++) expect(bucket.take(500)).toBe(500);
	for (let n = 0; n < 50; n++) expect(bucket.waitMs(1_000)).toBe(0);
	expect(bucket.take(1_000)).toBe(0);
});

test('a clock that goes back lets nothing flow in twice', () => {
	const bucket = new Bucket({ limit: 1, perMs: 1_000 }, 5_000);
	expect([5_000, 4_000, 5_000].map((now) => bucket.take(now))).toEqual([0, 1_000, 1_000]);
});

const fail = (failures: Failures, address: string, times = FAILURES.limit) => {
	for (let n = 0; n < times; n++) failures.count(address, 0);
};

test('failures count by address: a whole /64 of IPv6, one of IPv4', () => {
	const failures = new Failures();
	fail(failures, '10.0.0.1');
	expect(failures.waitMs('10.0.0.1', 0)).toBeGreaterThan(0);
	expect(failures.waitMs('10.0.0.2', 0)).toBe(0);
	fail(failures, '2001:db8::1');
	for (const same of ['2001:db8::2', '2001:db8:0:0:9:8:7:6']) expect(failures.waitMs(same, 0)).toBeGreaterThan(0);
	expect(failures.waitMs('2001:db8:0:1::1', 0)).toBe(0);
	fail(failures, '::ffff:10.0.0.3');
	expect(failures.waitMs('::ffff:10.0.0.4', 0)).toBe(0);
});

test('no more than 10,000 addresses are remembered, and the oldest goes first', () => {
	const failures = new Failures();
	fail(failures, '10.0.0.1');
	fail(failures, '10.0.0.2');
	for (let n = 0; n < 9_999; n++) failures.count(`10.1.${n >> 8}.${n & 255}`, 0);
	expect(failures.waitMs('10.0.0.1', 0)).toBe(0);
	expect(failures.waitMs('10.0.0.2', 0)).toBeGreaterThan(0);
});
