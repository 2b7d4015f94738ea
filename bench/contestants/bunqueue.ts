import type { Contestant, OpenOptions, Payload, Queue } from '../contract.ts';

/** Embedded in one Bun process on its SQLite file, which is its fastest durable way. */
async function open({ url }: OpenOptions): Promise<Queue> {
	const { Queue: BunQueue, Worker } = await import('bunqueue/client');
	const place = { embedded: true, dataPath: new URL(url).pathname };
	const queue = new BunQueue<Payload>('bench', { ...place, defaultJobOptions: { removeOnComplete: true } });
	return {
		async push({ data }) {
			await queue.add('job', data, { durable: true });
		},
		async pushMany(jobs) {
			await queue.addBulk(jobs.map(({ data }) => ({ name: 'job', data, opts: { durable: true } })));
		},
		async work(concurrency, handler) {
			const worker = new Worker<Payload>('bench', (job: { data: Payload }) => handler(job.data), {
				...place,
				concurrency,
			});
			return { close: () => worker.close() };
		},
		async unfinished() {
			const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCountsAsync();
			return waiting + active + delayed;
		},
		close: () => Promise.resolve(queue.close()),
	};
}

export const bunqueue: Contestant = {
	name: 'bunqueue',
	store: 'sqlite',
	package: 'bunqueue',
	runtime: 'bun',
	lacks: ['groups', 'retention'],
	open,
};
