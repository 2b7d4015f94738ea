import { expect, inject, onTestFinished, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { examineAll } from '../conformance/kit.ts';
import { checkTally, LANES, type Lane, LOSING_MS, LOSSES, PATIENT_MS, Tally, workLosing } from '../support/losing.ts';
import { randomPrefix } from '../support/prefix.ts';
import { TcpProxy } from '../support/proxy.ts';

async function opened(port: number, prefix: string): Promise<Engine> {
	const engine = new RedisEngine({ url: `redis://127.0.0.1:${port}`, prefix, deadlineMs: PATIENT_MS });
	await engine.open();
	onTestFinished(() => engine.close());
	return engine;
}

test(
	`with ${LOSSES} replies of Redis lost to each of push, take, extend and settle nothing is doubled or stranded`,
	async () => {
		const port = Number(new URL(inject('redisUrl')).port);
		const prefix = randomPrefix();
		const lanes = Array.from({ length: LANES }, async (): Promise<Lane> => {
			const proxy = await TcpProxy.start(port);
			const engine = await opened(proxy.port, prefix);
			const runs = (verb: string) => (request: string) => request.includes('FCALL') && request.includes(`_${verb}\r\n`);
			return { engine, lose: (verb) => proxy.loseReplyTo(runs(verb)) };
		});
		const tally = new Tally();
		await workLosing(await Promise.all(lanes), tally);
		const engine = await opened(port, prefix);
		await checkTally(tally, engine, 'Redis to server');
		expect((await examineAll(engine, 'emails')).defects).toEqual([]);
	},
	LOSING_MS,
);
