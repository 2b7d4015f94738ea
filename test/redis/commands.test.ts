import { readFileSync } from 'node:fs';
import { createClient } from 'redis';
import { expect, onTestFinished, test } from 'vitest';
import type { TakenJob } from '../../src/core/job.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { batch } from '../support/jobs.ts';
import { redisForTest } from '../support/redis-server.ts';

/** A topic of its own for each measurement: what stands there from before would change the cost. */
interface Setting {
	engine: Engine;
	topic: string;
	size: number;
}

interface Verb {
	name: string;
	/** Makes what the verb works on, uncounted. Returns the call to count. */
	prepare: (setting: Setting) => Promise<() => Promise<unknown>>;
}

const MAX_ATTEMPTS = { maxAttempts: 4 };

const push = ({ engine, topic, size }: Setting, job = {}) =>
	engine.push([batch(topic, size, { ...MAX_ATTEMPTS, ...job })]);
const takeOf = ({ topic, size }: Setting) => ({ topics: [topic], max: size, leaseMs: 60_000 });
const take = (setting: Setting) => setting.engine.take(takeOf(setting));

async function held(setting: Setting): Promise<TakenJob[]> {
	await push(setting);
	return take(setting);
}

function settling(outcome: 'complete' | 'retry' | 'kill' | 'release', delayMs = 0): Verb['prepare'] {
	return async (setting) => {
		const jobs = await held(setting);
		return () => setting.engine.settle(jobs.map(({ id, token }) => ({ id, token, outcome, delayMs })));
	};
}

const VERBS: Verb[] = [
	{ name: 'push', prepare: async (setting) => () => push(setting) },
	{ name: 'push, delayed', prepare: async (setting) => () => push(setting, { delayMs: 60_000 }) },
	{
		name: 'take',
		prepare: async (setting) => {
			await push(setting);
			return () => take(setting);
		},
	},
	{ name: 'complete', prepare: settling('complete') },
	{ name: 'retry', prepare: settling('retry', 60_000) },
	{ name: 'kill', prepare: settling('kill') },
	{ name: 'release', prepare: settling('release') },
	{
		name: 'complete and take',
		prepare: async (setting) => {
			const jobs = await held(setting);
			await push(setting);
			const outcomes = jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' as const }));
			return () => setting.engine.settleAndTake(outcomes, takeOf(setting));
		},
	},
	{
		name: 'extend',
		prepare: async (setting) => {
			const jobs = await held(setting);
			return () => setting.engine.extend(jobs, 60_000);
		},
	},
];

type Counter = () => Promise<number>;

/** Counts the commands that the server ran since the last look, those inside scripts included. */
async function commandCounter(url: string): Promise<Counter> {
	const client = await createClient({ url }).connect();
	onTestFinished(() => client.destroy());
	return async () => {
		const stats = String(await client.info('commandstats'));
		await client.configResetStat();
		// Not the counter's own commands, nor the script call itself.
		const lines = stats
			.split('\n')
			.filter((line) => /^cmdstat_/.test(line) && !/^cmdstat_(info|config|fcall)/.test(line));
		return lines.reduce((sum, line) => sum + Number(/calls=(\d+)/.exec(line)?.[1]), 0);
	};
}

async function measure({ prepare }: Verb, setting: Setting, count: Counter): Promise<number> {
	await setting.engine.putTopic(setting.topic, {});
	const call = await prepare(setting);
	await count();
	await call();
	return count();
}

test('a verb costs the same number of commands for 10 jobs and for 100, as docs/redis.md says', async () => {
	const server = await redisForTest();
	const engine = new RedisEngine({ url: server.url });
	await engine.open();
	onTestFinished(() => engine.close());
	const count = await commandCounter(server.url);

	const rows: string[] = [];
	for (const [i, verb] of VERBS.entries()) {
		const costs: number[] = [];
		for (const size of [10, 100]) costs.push(await measure(verb, { engine, topic: `verb${i}-${size}`, size }, count));
		expect(costs[1], verb.name).toBe(costs[0]);
		rows.push(`| ${verb.name} | ${costs[0]} |`);
	}
	const table = `| verb | commands in its script |\n|---|---|\n${rows.join('\n')}\n`;
	expect(readFileSync('docs/redis.md', 'utf8')).toContain(table);
});
