import type { Job, Queue, Scenario } from '../contract.ts';
import { Deliveries, drained } from '../flow.ts';
import { payload } from '../payload.ts';

const CALL = 1_000;

async function fill(queue: Queue, count: number, job: (n: number) => Job): Promise<void> {
	for (let at = 0; at < count; at += CALL) {
		const jobs = Array.from({ length: Math.min(CALL, count - at) }, (_, n) => job(at + n));
		// A call has one set of options in some queues, so jobs with options go one by one.
		if (jobs.some(({ options }) => options !== undefined)) await Promise.all(jobs.map((one) => queue.push(one)));
		else await queue.pushMany(jobs).catch(() => Promise.all(jobs.map((one) => queue.push(one))));
	}
}

interface Work {
	name: string;
	title: string;
	count: number;
	concurrency: number;
	job?: (n: number) => Job;
	handlerMs?: number;
	retention?: Scenario['retention'];
	needs?: Scenario['needs'];
}

function work({ name, title, count, concurrency, job, handlerMs, ...rest }: Work): Scenario {
	return {
		name,
		title,
		figure: 'rate',
		unit: 'jobs/s',
		retention: 'none',
		...rest,
		async run(queue, { scale }) {
			const jobs = Math.max(concurrency, Math.round(count * scale));
			await fill(queue, jobs, job ?? ((n) => ({ data: payload(n) })));
			const deliveries = new Deliveries(jobs);
			// Counted from the first delivery on: how long a worker takes to start says nothing about how fast it works.
			let begin = 0;
			const handler = async (data: { n: number }) => {
				begin ||= performance.now();
				if (handlerMs !== undefined) await new Promise((resolve) => setTimeout(resolve, handlerMs));
				await deliveries.handler(data);
			};
			const worker = await queue.work(concurrency, handler);
			await deliveries.all;
			await drained(() => queue.unfinished());
			const took = (performance.now() - begin) / 1_000;
			await worker.close();
			return { rate: jobs / took };
		},
	};
}

export const workScenarios: Scenario[] = [
	work({ name: 'work-1', title: 'no-op work, concurrency 1', count: 4_000, concurrency: 1 }),
	work({ name: 'work-10', title: 'no-op work, concurrency 10', count: 30_000, concurrency: 10 }),
	work({ name: 'work-100', title: 'no-op work, concurrency 100', count: 60_000, concurrency: 100 }),
	work({ name: 'work-1000', title: 'no-op work, concurrency 1,000', count: 60_000, concurrency: 1_000 }),
	work({
		name: 'work-100-kept',
		title: '… concurrency 100, the last 1,000 finished jobs kept for an hour',
		count: 60_000,
		concurrency: 100,
		retention: 'default',
		needs: ['retention'],
	}),
	work({ name: 'work-100-1ms', title: '… handlers of 1 ms', count: 60_000, concurrency: 100, handlerMs: 1 }),
	work({
		name: 'work-100-priority',
		title: '… jobs of 10 priorities',
		count: 40_000,
		concurrency: 100,
		job: (n) => ({ data: payload(n), options: { priority: (n % 10) + 1 } }),
		needs: ['priority'],
	}),
	work({
		name: 'work-100-groups',
		title: '… jobs of 10,000 groups',
		count: 40_000,
		concurrency: 100,
		job: (n) => ({ data: payload(n), options: { group: `tenant-${n % 10_000}` } }),
		needs: ['groups'],
	}),
];
