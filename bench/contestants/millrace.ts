import { connect } from '../../dist/sdk/index.js';
import type { Contestant, Job, OpenOptions, Payload, Queue, StoreName } from '../contract.ts';

const TOPIC = 'bench';

function terms({ options = {} }: Job) {
	const { priority, group, delayMs } = options;
	return {
		...(priority === undefined ? {} : { priority }),
		...(group === undefined ? {} : { group }),
		...(delayMs === undefined ? {} : { delay: delayMs }),
	};
}

async function open({ url, retention }: OpenOptions): Promise<Queue> {
	const client = connect(url);
	if (retention === 'none') await client.configure(TOPIC, { completed: { count: 0, ageMs: 0 } });
	return {
		async push(job) {
			await client.push(TOPIC, job.data, job.options === undefined ? {} : terms(job));
		},
		async pushMany(many) {
			const [first] = many;
			if (first === undefined) return;
			const data = many.map((job) => job.data);
			await client.pushMany(TOPIC, data, terms(first));
		},
		async work(concurrency, handler) {
			const worker = client.work(TOPIC, ({ data }) => handler(data as Payload), { concurrency });
			return { close: () => worker.close() };
		},
		async unfinished() {
			const found = await client.topic(TOPIC);
			if (found === null) return 0;
			const { waiting, delayed, active } = found.counts;
			return waiting + delayed + active;
		},
		close: () => client.close(),
	};
}

function on(name: string, store: StoreName): Contestant {
	return { name, store, package: null, open };
}

export const millrace: Contestant[] = [
	on('millrace', 'redis'),
	on('millrace-everysec', 'redis-everysec'),
	on('millrace-always', 'redis-always'),
	on('millrace-sqlite', 'sqlite'),
	on('millrace-memory', 'memory'),
	on('millrace-http', 'http'),
];
