import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/client/store.ts';
import type { Lease } from '../../src/engine/engine.ts';
import { keepLeases } from '../../src/worker/lease-keeper.ts';

/** A thread that only remembers what was sent to it. The real one is at work in test/sdk. */
class StubThread extends EventEmitter {
	readonly sent: object[] = [];
	ended = false;
	constructor() {
		super();
		threads.push(this);
	}
	unref() {}
	postMessage(message: object) {
		this.sent.push(message);
	}
	terminate() {
		this.ended = true;
	}
}

const threads: StubThread[] = [];

const LEASE_MS = 900;
const A: Lease = { id: 'emails:1', token: 1 };

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'] });
	threads.length = 0;
	vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ Worker: StubThread });
});

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

function keeper({ sharing = true, url = 'redis://host' as string | null } = {}) {
	const renewed: string[] = [];
	const lost: Lease[] = [];
	const cancelled: Lease[] = [];
	const renewals = new Set<() => Promise<void>>();
	const extend = async (leases: Lease[]) => {
		renewed.push(...leases.map(({ id }) => id));
		return leases.map(() => ({ status: 'ok', leaseExpiresAt: 0 }));
	};
	const store = { engine: { supports: { sharing }, extend }, renewals } as unknown as Store;
	const onLost = (lease: Lease, isCancelled: boolean) => (isCancelled ? cancelled : lost).push(lease);
	const made = keepLeases({ store, url, leaseMs: LEASE_MS, maxBlockMs: 1, onLost });
	/** How often this thread renewed in the length of one lease. */
	const renewedInALease = async () => {
		renewed.length = 0;
		await vi.advanceTimersByTimeAsync(LEASE_MS);
		return renewed.length;
	};
	return { keeper: made, thread: threads[0], renewals, renewed, lost, cancelled, renewedInALease };
}

describe('a store that only this process has', () => {
	test.each([{ sharing: false }, { url: null }])('is renewed by this thread (%j)', async (options) => {
		const { keeper: kept, renewedInALease } = keeper(options);
		kept.hold(A.id, A.token, LEASE_MS);
		expect(await renewedInALease()).toBe(3);
		expect(threads).toEqual([]);
	});

	test('is renewed before this process reclaims, until the keeper is closed', async () => {
		const { keeper: kept, renewals, renewed } = keeper({ sharing: false });
		kept.hold(A.id, A.token, LEASE_MS);
		for (const renew of renewals) await renew();
		expect(renewed).toEqual([A.id]);
		kept.close();
		expect(renewals.size).toBe(0);
	});
});

describe('a store that others have too', () => {
	test('is renewed by this thread where there are no others', async () => {
		vi.mocked(process.getBuiltinModule).mockReturnValue(undefined);
		const { keeper: kept, renewals, renewedInALease } = keeper();
		kept.hold(A.id, A.token, LEASE_MS);
		expect(await renewedInALease()).toBe(3);
		expect(renewals.size).toBe(1);
	});

	test('is renewed by this thread until the other one is ready, and no longer', async () => {
		const { keeper: kept, thread, renewedInALease } = keeper();
		kept.hold(A.id, A.token, LEASE_MS);
		expect(thread?.sent).toEqual([{ piece: expect.any(SharedArrayBuffer) }, { topic: 'emails' }]);
		expect(await renewedInALease()).toBe(3);
		thread?.emit('message', { ready: true });
		expect(await renewedInALease()).toBe(0);
	});

	test('tells the other thread of a topic once, and of no single lease', () => {
		const { keeper: kept, thread } = keeper();
		const before = thread?.sent.length ?? 0;
		for (let n = 1; n <= 500; n++) kept.hold(`emails:${n}`, 1, LEASE_MS);
		for (let n = 1; n <= 500; n++) kept.drop(`emails:${n}`, 1);
		kept.hold('b:2', 1, LEASE_MS);
		expect(thread?.sent.slice(before)).toEqual([{ topic: 'emails' }, { topic: 'b' }]);
	});

	test('is renewed by this thread again when the other one has failed', async () => {
		const { keeper: kept, thread, renewedInALease, lost } = keeper();
		thread?.emit('message', { ready: true });
		kept.hold(A.id, A.token, LEASE_MS);
		expect(await renewedInALease()).toBe(0);
		thread?.emit('error', new Error('out of memory'));
		expect(await renewedInALease()).toBe(3);
		expect(lost).toEqual([]);
	});

	test('loses a lease once, by the word of the other thread, and only one that is held', () => {
		const { keeper: kept, thread, lost } = keeper();
		kept.hold(A.id, 2, LEASE_MS);
		thread?.emit('message', { lost: A, cancelled: false });
		expect(lost).toEqual([]);
		for (let i = 0; i < 2; i++) thread?.emit('message', { lost: { ...A, token: 2 }, cancelled: false });
		expect(lost).toEqual([{ ...A, token: 2 }]);
	});

	test('hears from the other thread that a job was cancelled', () => {
		const { keeper: kept, thread, lost, cancelled } = keeper();
		kept.hold(A.id, A.token, LEASE_MS);
		thread?.emit('message', { lost: A, cancelled: true });
		expect([cancelled, lost]).toEqual([[A], []]);
	});

	test('lets a thread end by itself that is ready, and ends one that is not', () => {
		const [early, ready] = [keeper(), keeper()];
		threads[1]?.emit('message', { ready: true });
		early.keeper.close();
		ready.keeper.close();
		expect(threads.map(({ ended }) => ended)).toEqual([true, false]);
		expect(threads[1]?.sent.at(-1)).toEqual({ close: true });
		expect(vi.getTimerCount()).toBe(0);
	});
});
