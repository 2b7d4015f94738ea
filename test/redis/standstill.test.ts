import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '../../src/engine/redis/connection.ts';
import { redisForTest } from '../support/redis-server.ts';

const DEADLINE_MS = 300;

/** What SIGSTOP, a swapping machine or a handler that spins does to everything else. */
function standStill(ms: number): void {
	const end = performance.now() + ms;
	while (performance.now() < end);
}

test('a process that stood still past the deadline of a call does not make it again: the store may have forgotten it', async () => {
	const { url } = await redisForTest();
	let connections = 0;
	const onConnect = async () => {
		connections++;
		// The new client is ready in the moment in which the time is over.
		if (connections === 2) standStill(2 * DEADLINE_MS);
	};
	const connection = new Connection({ url, deadlineMs: DEADLINE_MS, onConnect });
	onTestFinished(() => connection.close());
	await connection.open();
	let calls = 0;
	const push = async () => {
		calls++;
		if (calls === 1) throw new Error('The socket has closed');
	};
	await expect(connection.run(push, true)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
	expect({ calls, connections }).toEqual({ calls: 1, connections: 2 });
});
