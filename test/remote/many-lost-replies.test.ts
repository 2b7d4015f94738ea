import { expect, test } from 'vitest';
import { checkTally, LANES, type Lane, LOSING_MS, LOSSES, PATIENT_MS, Tally, workLosing } from '../support/losing.ts';
import { TcpProxy } from '../support/proxy.ts';
import { remote, startServer } from './kit.ts';

test(
	`with ${LOSSES} replies of a server lost to each of push, take, extend and settle nothing is doubled or stranded`,
	async () => {
		const { port, inner } = await startServer();
		const tally = new Tally();
		// A client whose first try was done learns that it is stale: what counts is what the store has answered.
		const settle = inner.settle.bind(inner);
		inner.settle = async (outcomes) => {
			const results = await settle(outcomes);
			const ok = outcomes.filter((_, index) => results[index]?.status === 'ok').map(({ id }) => id);
			tally.add(tally.completed, ok);
			return results;
		};
		const lanes = Array.from({ length: LANES }, async (): Promise<Lane> => {
			const proxy = await TcpProxy.start(port);
			const engine = remote(proxy.port, { deadlineMs: PATIENT_MS });
			await engine.open();
			return { engine, lose: (verb) => proxy.loseReplyTo((request) => request.includes(` /v1/${verb}`)) };
		});
		await workLosing(await Promise.all(lanes), tally);
		await checkTally(tally, inner, 'Server to SDK');
		expect(tally.completed.size).toBe(tally.ids.size);
	},
	LOSING_MS,
);
