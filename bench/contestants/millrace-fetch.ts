import type { Contestant, Job, OpenOptions, Payload, Queue } from '../contract.ts';

interface Taken {
	id: string;
	token: number;
	data: Payload;
}

const TOPIC = 'bench';
/** Jobs of one take at most; the protocol takes up to 1,000. */
const TAKE = 100;

/** What a program in any language would write: `POST` for each push, and a loop of take, run, settle. No SDK, nothing joined. */
async function open({ url, retention }: OpenOptions): Promise<Queue> {
	const send = async (method: string, path: string, body?: unknown) => {
		const init =
			body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
		const response = await fetch(`${url}/v1/${path}`, { method, ...init });
		if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
		return response.json();
	};
	if (retention === 'none') await send('PATCH', `topics/${TOPIC}`, { completed: { count: 0, ageMs: 0 } });
	const push = (jobs: Job[]) => send('POST', `topics/${TOPIC}/jobs`, { jobs: jobs.map(({ data }) => ({ data })) });
	return {
		push: async (job) => void (await push([job])),
		pushMany: async (jobs) => void (await push(jobs)),
		async work(concurrency, handler) {
			let running = true;
			const max = Math.min(concurrency, TAKE);
			const lane = async () => {
				while (running) {
					const { jobs } = (await send('POST', 'take', { topics: [TOPIC], max, waitMs: 1_000 })) as { jobs: Taken[] };
					await Promise.all(jobs.map(({ data }) => handler(data)));
					const outcomes = jobs.map(({ id, token }) => ({ id, token, outcome: 'complete' }));
					if (outcomes.length > 0) await send('POST', 'settle', { outcomes });
				}
			};
			const lanes = Array.from({ length: Math.ceil(concurrency / max) }, lane);
			return {
				async close() {
					running = false;
					await Promise.all(lanes);
				},
			};
		},
		async unfinished() {
			const { counts } = (await send('GET', `topics/${TOPIC}`)) as { counts: Record<string, number> };
			return (counts.waiting ?? 0) + (counts.delayed ?? 0) + (counts.active ?? 0);
		},
		close: async () => {},
	};
}

export const millraceFetch: Contestant = {
	name: 'millrace-fetch',
	store: 'http',
	package: null,
	lacks: ['groups', 'priority', 'delay'],
	open,
};
