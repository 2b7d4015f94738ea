import { JOB_STATES } from '../../src/core/job.ts';
import type { HttpClient } from './client.ts';
import { learn, newWorld, type World } from './world.ts';

/** Topics that only broken and forbidden requests are about: nothing in them may ever change. */
const TOPICS = ['still-1', 'still.2'];

const YEAR_MS = 31_536_000_000;

/** Makes them, with jobs in every state. Leases and delays end long after the run. */
export async function makeStill(client: HttpClient): Promise<World> {
	const world = newWorld(TOPICS);
	world.groups = ['acme'];
	for (const topic of TOPICS) {
		const keep = { count: 1_000, ageMs: YEAR_MS };
		await client.ask('PATCH', `/v1/topics/${topic}`, {
			completed: keep,
			dead: keep,
			cancelled: keep,
			leaseMs: 86_400_000,
		});
		const jobs = ['complete', 'kill', 'cancel', 'active', 'waiting'].map((data) => ({ data, group: 'acme' }));
		const pushed = await client.ask('POST', `/v1/topics/${topic}/jobs`, {
			jobs: [...jobs, { data: 'later', delayMs: YEAR_MS }],
		});
		learn(world, '', pushed.json);
		const taken = await client.ask('POST', '/v1/take', { topics: [topic], max: 4 });
		learn(world, '', taken.json);
		const [complete, kill, cancel] = taken.json.jobs;
		const outcomes = [
			{ id: complete.id, token: complete.token, outcome: 'complete', result: 1 },
			{ id: kill.id, token: kill.token, outcome: 'kill', error: 'x' },
		];
		await client.ask('POST', '/v1/settle', { outcomes });
		await client.ask('POST', `/v1/jobs/${cancel.id}/cancel`, { reason: 'x' });
	}
	return world;
}

/** All that is known of them, which topics there are, and what operators have done so far. */
export async function lookAt(client: HttpClient): Promise<unknown> {
	const { json } = await client.ask('GET', '/v1/topics?limit=1000');
	const topics = json.topics.map(({ oldestWaitingMs: _, ...topic }: { topic: string; oldestWaitingMs: unknown }) =>
		TOPICS.includes(topic.topic) ? topic : topic.topic,
	);
	const lists = TOPICS.flatMap((topic) => JOB_STATES.map((state) => `/v1/topics/${topic}/jobs?state=${state}`));
	const jobs = await Promise.all(lists.map(async (path) => (await client.ask('GET', path)).text));
	const [keys, operations, audit] = await Promise.all(
		['/v1/keys?limit=5', '/v1/operations?limit=1', '/v1/audit?limit=50'].map((path) => client.ask('GET', path)),
	);
	// Operations go on by themselves.
	const done = audit?.json.entries.filter(({ action }: { action: string }) => !/^operation\.(?!start)/.test(action));
	return { topics, jobs, keys: keys?.json.keys, operation: operations?.json.operations[0]?.id, done: done[0] };
}
