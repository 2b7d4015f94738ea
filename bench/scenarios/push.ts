import type { Scenario } from '../contract.ts';
import { each, seconds } from '../flow.ts';
import { payload, sized } from '../payload.ts';

const WARM_UP = 0.1;

function push(name: string, title: string, count: number, inFlight: number, data = payload): Scenario {
	return {
		name,
		title,
		figure: 'rate',
		unit: 'jobs/s',
		async run(queue, { scale }) {
			const jobs = Math.max(inFlight, Math.round(count * scale));
			const one = (n: number) => queue.push({ data: data(n) });
			await each(Math.ceil(jobs * WARM_UP), inFlight, one);
			return { rate: jobs / (await seconds(() => each(jobs, inFlight, one))) };
		},
	};
}

const CALL = 1_000;

const bulk: Scenario = {
	name: 'bulk',
	title: `push ${CALL} jobs a call, one call at a time`,
	figure: 'rate',
	unit: 'jobs/s',
	needs: ['bulk'],
	async run(queue, { scale }) {
		const calls = Math.max(2, Math.round(60 * scale));
		const call = (at: number) => {
			return queue.pushMany(Array.from({ length: CALL }, (_, n) => ({ data: payload(at * CALL + n) })));
		};
		await each(Math.ceil(calls * WARM_UP), 1, call);
		return { rate: (calls * CALL) / (await seconds(() => each(calls, 1, call))) };
	},
};

export const pushScenarios: Scenario[] = [
	push('push-1', 'push one at a time, 1 in flight', 4_000, 1),
	push('push-10', 'push one at a time, 10 in flight', 30_000, 10),
	push('push-100', 'push one at a time, 100 in flight', 60_000, 100),
	push('push-1000', 'push one at a time, 1,000 in flight', 60_000, 1_000),
	push('push-100-1kb', '… payloads of 1 KB', 40_000, 100, sized(1_024)),
	push('push-100-32kb', '… payloads of 32 KB', 5_000, 100, sized(32_768)),
	bulk,
];
