import { ErrorReply } from 'redis';
import { expect, test } from 'vitest';
import type { Client } from '../../src/engine/redis/client.ts';
import { ReplicaWait } from '../../src/engine/redis/replica-wait.ts';

/** A client that answers a WAIT with this, and what was sent to it. */
function clientThatAnswers(answer: unknown) {
	const sent: string[][] = [];
	const sendCommand = async (command: string[]) => {
		sent.push(command);
		if (!command[0]?.startsWith('WAIT')) return 1;
		if (answer instanceof Error) throw answer;
		return answer;
	};
	return { sent, client: { sendCommand } as unknown as Client };
}

const OPTIONS = { key: 'mr:store', waitMs: 1_000, disks: false };

test.each([
	[[1, 1], { replica: true, disk: true }],
	[[1, 0], { replica: false, disk: true }],
	[[0, 2], { replica: true, disk: false }],
	[[0, 0], { replica: false, disk: false }],
	[new ErrorReply('ERR WAITAOF cannot be used when numlocal is set'), { replica: false, disk: false }],
])('where disks are asked, WAITAOF that answers %j means %j', async (answer, reached) => {
	const { client, sent } = clientThatAnswers(answer);
	expect(await new ReplicaWait(client, { ...OPTIONS, disks: true }).reached()).toEqual(reached);
	expect(sent).toEqual([
		['HINCRBY', 'mr:store', 'waits', '1'],
		['WAITAOF', '1', '1', '1000'],
	]);
});

test('those who come in one turn share a wait, and who comes while one is under way gets the next', async () => {
	const { client, sent } = clientThatAnswers(1);
	const wait = new ReplicaWait(client, OPTIONS);
	await Promise.all([wait.reached(), wait.reached(), wait.reached()]);
	expect(sent).toHaveLength(2);
	await wait.reached();
	expect(sent.map(([name]) => name)).toEqual(['HINCRBY', 'WAIT', 'HINCRBY', 'WAIT']);
});

test.each([
	['UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)'],
	['ERR WAIT cannot be used with replica instances.'],
])('a server that has become a replica has not reached anything: %s', async (message) => {
	const { client } = clientThatAnswers(new ErrorReply(message));
	await expect(new ReplicaWait(client, OPTIONS).reached()).rejects.toThrow(message);
});
