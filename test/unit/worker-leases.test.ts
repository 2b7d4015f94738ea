import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ExtendResult, Lease } from '../../src/engine/engine.ts';
import { Leases } from '../../src/worker/leases.ts';

const LEASE_MS = 900;
const A: Lease = { id: 'emails:1', token: 1 };
const B: Lease = { id: 'emails:2', token: 5 };

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
	vi.useRealTimers();
});

const ok = (): ExtendResult => ({ status: 'ok', leaseExpiresAt: 0 });

/** Leases over a store that answers as `answer` says. */
function keeper(answer: (lease: Lease) => ExtendResult | Promise<ExtendResult> = ok, mayRenew?: () => boolean) {
	const renewed: string[][] = [];
	const lost: Lease[] = [];
	const cancelled: Lease[] = [];
	const leases = new Leases({
		extend: async (asked) => {
			renewed.push(asked.map(({ id }) => id));
			return Promise.all(asked.map(answer));
		},
		leaseMs: LEASE_MS,
		onLost: (lease, isCancelled) => (isCancelled ? cancelled : lost).push(lease),
		...(mayRenew === undefined ? {} : { mayRenew }),
	});
	const hold = ({ id, token }: Lease, leftMs = LEASE_MS) => leases.hold(id, token, leftMs);
	return { leases, renewed, lost, cancelled, hold };
}

test('renews all leases together, three times in their length', async () => {
	const { renewed, hold, lost } = keeper();
	hold(A);
	hold(B);
	await vi.advanceTimersByTimeAsync(5 * LEASE_MS);
	expect(renewed).toHaveLength(15);
	expect(renewed[0]).toEqual([A.id, B.id]);
	expect(lost).toEqual([]);
});

test('more leases than one call may carry go in several', async () => {
	const { renewed, hold } = keeper();
	for (let n = 0; n < 2_500; n++) hold({ id: `emails:${n}`, token: 1 });
	await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
	expect(renewed.map((ids) => ids.length)).toEqual([1_000, 1_000, 500]);
});

test('a lease that was dropped is renewed no more, a later one of the same job is', async () => {
	const { leases, renewed, hold } = keeper();
	hold(A);
	hold({ ...A, token: 2 });
	leases.drop(A.id, 1);
	await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
	expect(renewed).toEqual([[A.id]]);
	leases.drop(A.id, 2);
	await vi.advanceTimersByTimeAsync(LEASE_MS);
	expect(renewed.slice(1).flat()).toEqual([]);
});

test.each(['stale', 'missing'] as const)(
	'a lease that the store calls %s is lost, which is told once',
	async (status) => {
		const { hold, lost, renewed } = keeper(({ id }) => (id === A.id ? { status } : ok()));
		hold(A);
		hold(B);
		// With the answer, and not only when it would have run out.
		await vi.advanceTimersByTimeAsync(LEASE_MS / 3);
		expect(lost).toEqual([A]);
		await vi.advanceTimersByTimeAsync(2 * LEASE_MS);
		expect(lost).toEqual([A]);
		expect(renewed.at(-1)).toEqual([B.id]);
	},
);

test('a lease of a cancelled job is told apart from one that is lost', async () => {
	const { hold, lost, cancelled } = keeper(({ id }) => ({ status: id === A.id ? 'cancelled' : 'stale' }));
	hold(A);
	hold(B);
	await vi.advanceTimersByTimeAsync(2 * LEASE_MS);
	expect([cancelled, lost]).toEqual([[A], [B]]);
});

test('a store that is away costs no lease before its time, and every one after', async () => {
	let away = true;
	const { hold, lost } = keeper(() => (away ? Promise.reject(new Error('away')) : ok()));
	hold(A);
	await vi.advanceTimersByTimeAsync(LEASE_MS / 2);
	away = false;
	await vi.advanceTimersByTimeAsync(LEASE_MS / 2);
	expect(lost).toEqual([]);
	away = true;
	await vi.advanceTimersByTimeAsync(2 * LEASE_MS);
	expect(lost).toEqual([A]);
});

test('a lease counts from when its renewal was sent, not from when that was answered', async () => {
	let slow: ((result: ExtendResult) => void) | null = null;
	let away = false;
	const { hold, lost } = keeper(() => {
		if (away) return Promise.reject(new Error('away'));
		return new Promise<ExtendResult>((resolve) => {
			slow = resolve;
		});
	});
	hold(A);
	// Sent after 300 ms, answered after 800 ms: it ends at 1,200 ms and not at 1,700 ms.
	await vi.advanceTimersByTimeAsync(800);
	away = true;
	(slow as ((result: ExtendResult) => void) | null)?.(ok());
	await vi.advanceTimersByTimeAsync(350);
	expect(lost).toEqual([]);
	await vi.advanceTimersByTimeAsync(100);
	expect(lost).toEqual([A]);
});

test('nothing is renewed while that is not allowed, and what runs out is lost', async () => {
	const { hold, lost, renewed } = keeper(ok, () => false);
	hold(A);
	await vi.advanceTimersByTimeAsync(LEASE_MS);
	expect(renewed).toEqual([]);
	expect(lost).toEqual([A]);
});

test('two that ask for a renewal at the same time share one', async () => {
	const { leases, hold, renewed } = keeper();
	hold(A);
	await Promise.all([leases.renew(), leases.renew()]);
	expect(renewed).toHaveLength(1);
});

test('after close nothing is renewed and nothing is lost', async () => {
	const { leases, hold, lost, renewed } = keeper(() => ({ status: 'stale' }));
	hold(A);
	leases.close();
	await vi.advanceTimersByTimeAsync(5 * LEASE_MS);
	expect([lost, renewed]).toEqual([[], []]);
});
