import type { Scenario } from '../contract.ts';
import { percentile } from '../flow.ts';
import { payload } from '../payload.ts';

/** Jobs come at a fixed rate whatever the queue does: one that falls behind shows it. */
function latency(rate: number): Scenario {
	return {
		name: `latency-${rate}`,
		title: `push → start at ${rate.toLocaleString('en')} jobs/s, concurrency 100: p99`,
		figure: 'p99',
		unit: 'ms',
		retention: 'none',
		async run(queue, { scale }) {
			const count = Math.round(rate * Math.max(0.5, 5 * scale));
			const pushedAt = new Float64Array(count);
			const waits: number[] = [];
			let allStarted = () => {};
			const done = new Promise<void>((resolve) => {
				allStarted = resolve;
			});
			const worker = await queue.work(100, async ({ n }) => {
				waits.push(performance.now() - (pushedAt[n] ?? Number.NaN));
				if (waits.length === count) allStarted();
			});
			await new Promise((resolve) => setTimeout(resolve, 300));
			await atRate(rate, count, (n) => {
				pushedAt[n] = performance.now();
				return queue.push({ data: payload(n) });
			});
			await done;
			await worker.close();
			waits.sort((a, b) => a - b);
			return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) };
		},
	};
}

async function atRate(rate: number, count: number, one: (n: number) => Promise<void>): Promise<void> {
	const begin = performance.now();
	const calls: Promise<void>[] = [];
	while (calls.length < count) {
		const due = Math.min(count, Math.floor(((performance.now() - begin) / 1_000) * rate));
		while (calls.length < due) calls.push(one(calls.length));
		await new Promise((resolve) => setTimeout(resolve, 1));
	}
	await Promise.all(calls);
}

/** Nothing to batch: push one job, wait until it has run, push the next. */
const turnaround: Scenario = {
	name: 'one-at-a-time',
	title: 'one job at a time: push, wait until it runs, push the next',
	figure: 'rate',
	unit: 'jobs/s',
	retention: 'none',
	async run(queue, { scale }) {
		const count = Math.max(20, Math.round(3_000 * scale));
		let ran = () => {};
		const worker = await queue.work(1, async () => ran());
		const cycle = async (n: number) => {
			const run = new Promise<void>((resolve) => {
				ran = resolve;
			});
			await queue.push({ data: payload(n) });
			await run;
		};
		for (let n = 0; n < count / 10; n++) await cycle(n);
		const begin = performance.now();
		for (let n = 0; n < count; n++) await cycle(n);
		const rate = count / ((performance.now() - begin) / 1_000);
		await worker.close();
		return { rate };
	},
};

export const latencyScenarios: Scenario[] = [turnaround, latency(100), latency(1_000), latency(5_000)];
