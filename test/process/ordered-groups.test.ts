import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { connect } from '../../src/sdk/index.ts';
import { serve } from '../support/millrace-server.ts';
import { TcpProxy } from '../support/proxy.ts';
import { redisForTest } from '../support/redis-server.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';
import { readStarts, type Start, WorkerProcess } from '../support/worker-process.ts';

const TOPIC = 'ordered';
const GROUPS = ['*', 'a:b', '{x}', 'g'.repeat(1_024), '🦆'];
const JOBS = 60;
const PROCESSES = 5;
const CUTS = 100;
const KILLS = 5;
const LEASE_MS = 1_000;

/** Numbers from 0 to 1 by the run's seed. */
function random(seed: number): () => number {
	let state = seed | 0;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
		return (state >>> 0) / 2 ** 32;
	};
}

/** Two servers on one Redis, each behind a proxy that can cut its connections. */
async function twoServers(): Promise<TcpProxy[]> {
	const { url } = await redisForTest();
	const servers = [serve(['--port', '0', '--store', url]), serve(['--port', '0', '--store', url])];
	const urls = await Promise.all(servers.map((server) => server.url()));
	return Promise.all(urls.map((one) => TcpProxy.start(Number(new URL(one).port))));
}

test('a group with a limit of one is one at a time and in order, whoever is killed and whatever is cut', async () => {
	const next = random(inject('seed'));
	const any = <T>(list: T[]) => list[Math.floor(next() * list.length)] as T;
	const proxies = await twoServers();
	const urlOf = (proxy: TcpProxy) => `http://127.0.0.1:${proxy.port}`;
	const client = connect(urlOf(any(proxies)));
	await client.configure(TOPIC, { groups: { concurrency: 1 } });
	const groupOf = new Map<string, string>();
	const placeOf = new Map<string, number>();
	for (const group of GROUPS) {
		const data = Array.from({ length: JOBS }, (_, n) => n);
		const pushed = await client.pushMany(TOPIC, data, { group, maxAttempts: 1_000 });
		for (const [place, { id }] of pushed.entries()) {
			groupOf.set(id, group);
			placeOf.set(id, place);
		}
	}
	const folder = tempDir();
	const [starts, ends] = [join(folder, 'starts'), join(folder, 'ends')];
	const newWorker = (n: number) => {
		const url = urlOf(proxies[n % proxies.length] as TcpProxy);
		const how = { behaviour: 'work', workMs: 40, concurrency: 10, lease: LEASE_MS } as const;
		return new WorkerProcess({ url, topic: TOPIC, starts, ends, ...how });
	};
	const workers = await Promise.all(Array.from({ length: PROCESSES }, (_, n) => newWorker(n).ready()));

	const killedAt = new Map<number, number>();
	for (let cut = 0; cut < CUTS; cut++) {
		any(proxies).cut();
		await pause(10 + next() * 40);
		if (cut % (CUTS / KILLS) !== 10) continue;
		const place = Math.floor(next() * PROCESSES);
		const victim = workers[place] as WorkerProcess;
		victim.child.kill('SIGKILL');
		await victim.exited;
		killedAt.set(victim.child.pid ?? 0, Date.now());
		workers[place] = await newWorker(place).ready();
	}
	const left = async () => {
		const counts = (await client.topic(TOPIC))?.counts;
		return counts === undefined ? 1 : counts.waiting + counts.delayed + counts.active;
	};
	await until(async () => (await left()) === 0, { timeoutMs: 60_000, what: 'every job to be done' });

	expect((await client.topic(TOPIC))?.counts).toMatchObject({ completed: GROUPS.length * JOBS, dead: 0 });
	for (const group of GROUPS) {
		expect(await client.group(TOPIC, group).status()).toMatchObject({ waiting: 0, active: 0 });
		checkOneAtATime(readStarts(starts), readStarts(ends), (id) => groupOf.get(id) === group, killedAt);
		const order = readStarts(starts).filter(({ id }) => groupOf.get(id) === group);
		const places = order.map(({ id }) => placeOf.get(id) ?? -1);
		expect(places, 'a job that is started again comes before those behind it').toEqual(
			[...places].sort((a, b) => a - b),
		);
	}
	await client.close();
}, 180_000);

function checkOneAtATime(
	starts: Start[],
	ends: Start[],
	isOfGroup: (id: string) => boolean,
	killedAt: Map<number, number>,
): void {
	const endOf = new Map(ends.map(({ id, pid, attempt, at }) => [`${id} ${pid} ${attempt}`, at]));
	const runs = starts.filter(({ id }) => isOfGroup(id));
	for (const [i, run] of runs.entries()) {
		const { id, pid, attempt } = run;
		const end = endOf.get(`${id} ${pid} ${attempt}`) ?? killedAt.get(pid);
		const following = runs[i + 1];
		expect(end, `${id} in process ${pid} has ended, or its process was killed`).toBeDefined();
		if (following !== undefined) expect(following.at).toBeGreaterThanOrEqual(end ?? Number.POSITIVE_INFINITY);
	}
}
