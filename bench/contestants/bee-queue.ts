import type { Contestant, OpenOptions, Payload, Queue } from '../contract.ts';

async function open({ url }: OpenOptions): Promise<Queue> {
	const { default: BeeQueue } = await import('bee-queue');
	const settings = { redis: { url }, removeOnSuccess: true, getEvents: false, storeJobs: false };
	const pushing = new BeeQueue<Payload>('bench', { ...settings, isWorker: false });
	await pushing.ready();
	return {
		async push({ data }) {
			await pushing.createJob(data).save();
		},
		async pushMany(jobs) {
			const failed = await pushing.saveAll(jobs.map(({ data }) => pushing.createJob(data)));
			if (failed.size > 0) throw new Error(`${failed.size} jobs were not saved`);
		},
		async work(concurrency, handler) {
			const working = new BeeQueue<Payload>('bench', { ...settings, sendEvents: false });
			working.on('error', (error) => console.error(error));
			await working.ready();
			working.process(concurrency, (job) => handler(job.data));
			return { close: () => working.close() };
		},
		async unfinished() {
			const { waiting, active, delayed, failed } = await pushing.checkHealth();
			return waiting + active + delayed + failed;
		},
		close: () => pushing.close(),
	};
}

export const beeQueue: Contestant = {
	name: 'bee-queue',
	store: 'redis',
	package: 'bee-queue',
	lacks: ['groups', 'priority', 'retention'],
	open,
};
