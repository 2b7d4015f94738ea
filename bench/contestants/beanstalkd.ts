import { createRequire } from 'node:module';
import type { Contestant, OpenOptions, Queue } from '../contract.ts';

/** The reference in C: a protocol of one job a command, no batches. */
async function open({ url }: OpenOptions): Promise<Queue> {
	// Its types say that the class is one of several exports; it is the module itself.
	const JackdClient: typeof import('jackd').JackdClient = createRequire(import.meta.url)('jackd');
	const { hostname, port } = new URL(url);
	const connect = async () => {
		const client = new JackdClient();
		return client.connect({ host: hostname, port: Number(port) });
	};
	const pushing = await connect();
	return {
		async push({ data }) {
			await pushing.put(JSON.stringify(data), { ttr: 60 });
		},
		async pushMany() {
			throw new Error('beanstalkd has no bulk push');
		},
		async work(concurrency, handler) {
			let open = true;
			const lanes = Array.from({ length: Math.min(concurrency, 50) }, async () => {
				const client = await connect();
				while (open) {
					const job = await client.reserveWithTimeout(1).catch(() => undefined);
					if (job === undefined) continue;
					await handler(JSON.parse(String(job.payload)));
					await client.delete(job.id);
				}
				await client.close();
			});
			return {
				async close() {
					open = false;
					await Promise.all(lanes);
				},
			};
		},
		async unfinished() {
			const stats = await pushing.stats('');
			const count = (state: string) => Number(new RegExp(`current-jobs-${state}: (\\d+)`).exec(stats)?.[1]);
			return count('ready') + count('reserved');
		},
		close: () => pushing.close(),
	};
}

export const beanstalkd: Contestant = {
	name: 'beanstalkd',
	store: 'beanstalkd',
	package: null,
	lacks: ['bulk', 'groups', 'priority', 'retention'],
	open,
};
