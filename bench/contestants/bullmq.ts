import type { Contestant, Job, OpenOptions, Payload, Queue } from '../contract.ts';

/** Nearest to Millrace's default: the last 1,000 for an hour. */
const RETENTION = { default: { count: 1_000, age: 3_600 }, none: true } as const;

function options({ options: terms }: Job) {
	if (terms === undefined) return {};
	const { priority, delayMs } = terms;
	return {
		...(priority === undefined ? {} : { priority }),
		...(delayMs === undefined ? {} : { delay: delayMs }),
	};
}

async function open({ url, retention }: OpenOptions): Promise<Queue> {
	const { Queue: BullQueue, Worker } = await import('bullmq');
	const connection = { url, maxRetriesPerRequest: null };
	const queue = new BullQueue('bench', { connection, defaultJobOptions: { removeOnComplete: RETENTION[retention] } });
	await queue.waitUntilReady();
	return {
		async push(job) {
			await queue.add('job', job.data, options(job));
		},
		async pushMany(jobs) {
			await queue.addBulk(jobs.map((job) => ({ name: 'job', data: job.data, opts: options(job) })));
		},
		async work(concurrency, handler) {
			const worker = new Worker<Payload>('bench', (job) => handler(job.data), { connection, concurrency });
			worker.on('error', (error) => console.error(error));
			await worker.waitUntilReady();
			return { close: () => worker.close() };
		},
		async unfinished() {
			const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed');
			return Object.values(counts).reduce((sum, count) => sum + count, 0);
		},
		close: () => queue.close(),
	};
}

export const bullmq: Contestant = { name: 'bullmq', store: 'redis', package: 'bullmq', lacks: ['groups'], open };
