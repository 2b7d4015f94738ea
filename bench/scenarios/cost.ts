import { createClient } from 'redis';
import type { Job, Payload, Queue, Scenario } from '../contract.ts';
import { Deliveries, drained, each } from '../flow.ts';
import { payload } from '../payload.ts';

/** What a job costs the store: memory, commands, CPU. Asked of Redis itself. */

async function info(url: string): Promise<(field: string) => number> {
	const client = createClient({ url });
	await client.connect();
	const text = await client.info('everything');
	client.destroy();
	return (field) => Number(new RegExp(`^${field}:([\\d.]+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}

async function memoryOf(url: string, work: () => Promise<void>): Promise<number> {
	const before = (await info(url))('used_memory');
	await work();
	return (await info(url))('used_memory') - before;
}

const COUNT = 50_000;

/** 113 bytes each, as the title says: a byte more may move a job into the next larger size that Redis allocates. */
function exact(n: number): Payload {
	return payload(10 + (n % 90));
}

function bytes(name: string, title: string, job: (n: number) => Job): Scenario {
	return {
		name,
		title,
		figure: 'bytes',
		unit: 'bytes',
		async run(queue, { url, scale }) {
			const count = Math.max(1_000, Math.round(COUNT * scale));
			// Scripts and the topic's own keys are in before the first measure.
			await queue.push(job(0));
			const used = await memoryOf(url, () => each(count, 200, (n) => queue.push(job(n))));
			return { bytes: used / count };
		},
	};
}

const HELD = 2_000;

const active: Scenario = {
	name: 'bytes-active',
	title: `memory of an active job: ${HELD} that run at once`,
	figure: 'bytes',
	unit: 'bytes',
	async run(queue, { url, scale }) {
		const count = Math.max(100, Math.round(HELD * scale));
		let release = () => {};
		const released = new Promise<void>((resolve) => {
			release = resolve;
		});
		const deliveries = new Deliveries(count);
		const worker = await queue.work(count, async (data) => {
			await deliveries.handler(data);
			await released;
		});
		const used = await memoryOf(url, async () => {
			await each(count, 200, (n) => queue.push({ data: payload(n) }));
			await deliveries.all;
		});
		release();
		await drained(() => queue.unfinished());
		await worker.close();
		return { bytes: used / count };
	},
};

/** As many as every queue keeps here. */
const KEPT = 1_000;

const finished: Scenario = {
	name: 'bytes-finished',
	title: 'memory of a completed job that is kept',
	figure: 'bytes',
	unit: 'bytes',
	retention: 'default',
	needs: ['retention'],
	async run(queue, { url }) {
		const deliveries = new Deliveries(KEPT);
		const used = await memoryOf(url, async () => {
			const worker = await queue.work(100, deliveries.handler);
			await each(KEPT, 100, (n) => queue.push({ data: payload(n) }));
			await deliveries.all;
			await drained(() => queue.unfinished());
			await worker.close();
		});
		return { bytes: used / KEPT };
	},
};

const commands: Scenario = {
	name: 'cost',
	title: 'Redis CPU for push and work of a job, 100 in flight, concurrency 100',
	figure: 'cpu',
	unit: 'µs',
	retention: 'none',
	async run(queue: Queue, { url, scale }) {
		const count = Math.max(1_000, Math.round(COUNT * scale));
		const before = await info(url);
		const deliveries = new Deliveries(count);
		const worker = await queue.work(100, deliveries.handler);
		await each(count, 100, (n) => queue.push({ data: payload(n) }));
		await deliveries.all;
		await drained(() => queue.unfinished());
		const after = await info(url);
		await worker.close();
		const grown = (field: string) => after(field) - before(field);
		const cpu = ((grown('used_cpu_user') + grown('used_cpu_sys')) / count) * 1_000_000;
		return { cpu, calls: grown('total_commands_processed') / count, bytesIn: grown('total_net_input_bytes') / count };
	},
};

export const costScenarios: Scenario[] = [
	bytes('bytes-waiting', 'memory of a waiting job, 113-byte payload', (n) => ({ data: exact(n) })),
	bytes('bytes-delayed', 'memory of a delayed job', (n) => ({ data: exact(n), options: { delayMs: 3_600_000 } })),
	active,
	finished,
	commands,
];
