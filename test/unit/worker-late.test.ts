import { expect, test } from 'vitest';
import type { TakenJob } from '../../src/core/job.ts';
import { toRawJson } from '../../src/core/json.ts';
import type { Outcome } from '../../src/engine/engine.ts';
import { gate, spin } from '../support/gate.ts';
import { connected } from '../support/stores.ts';
import { stubEngine } from '../support/stub-engine.ts';

const LEASE_MS = 100;

/** An engine with one job to give, that answers `lateMs` after it was asked. */
function engineWith(lateMs: number) {
	const settled = gate<Outcome[]>();
	const job = {
		...{ id: 'emails:1', topic: 'emails', token: 1, data: toRawJson(null), attempt: 1, maxAttempts: 1 },
		...{ priority: 0, group: null, createdAt: 0, leaseExpiresAt: 0 },
	} satisfies TakenJob;
	const jobs: TakenJob[] = [job];
	const settle = async (outcomes: Outcome[]) => {
		if (outcomes.length > 0) settled.open(outcomes);
		return outcomes.map(() => ({ status: 'ok', state: 'waiting', at: 0 }) as const);
	};
	const take = async () => {
		const given = jobs.splice(0);
		if (given.length > 0) spin(lateMs);
		return given;
	};
	const { engine } = stubEngine({
		...{ open: async () => {}, close: async () => {}, take, settle },
		settleAndTake: async (outcomes) => ({ settled: await settle(outcomes), jobs: await take() }),
		extend: async (leases) => leases.map(() => ({ status: 'ok', leaseExpiresAt: 0 }) as const),
	});
	return { engine, settled: settled.opened };
}

test('a job that arrives within its lease is begun', async () => {
	const { engine, settled } = engineWith(0);
	let runs = 0;
	connected(engine).work('emails', () => void runs++, { lease: LEASE_MS });
	expect(await settled).toEqual([{ id: 'emails:1', token: 1, outcome: 'complete' }]);
	expect(runs).toBe(1);
});

test('a job that arrives when its lease is over is not begun, since another may have it, and goes back uncharged', async () => {
	const { engine, settled } = engineWith(LEASE_MS + 10);
	let runs = 0;
	connected(engine).work('emails', () => void runs++, { lease: LEASE_MS });
	expect(await settled).toEqual([{ id: 'emails:1', token: 1, outcome: 'release' }]);
	expect(runs).toBe(0);
});
