import { toMs } from '../client/duration.ts';
import { invalid, MillraceError } from '../core/errors.ts';
import type { Registration } from '../worker/registration.ts';
import type { TestEngine } from './engine.ts';
import type { DrainOptions } from './options.ts';
import type { Ran } from './ran.ts';
import type { Runner } from './runner.ts';
import { takeNext } from './taking.ts';

const RUNS = 10_000;

interface Ports {
	engine: TestEngine;
	runner: Runner;
}

/** Runs what may run, one call of a handler after the other, the topics by turns, until nothing is left. */
export async function drain(
	ports: Ports,
	registrations: Registration[],
	{ lease = '30s', limit = RUNS }: DrainOptions,
): Promise<Ran[]> {
	const leaseMs = toMs(lease, 'lease');
	const topics = registrations.map(({ topic }) => topic);
	const twice = topics.find((topic, index) => topics.indexOf(topic) !== index);
	if (twice !== undefined) throw invalid('topic', 'must have one handler in a drain', twice);
	const ran: Ran[] = [];
	for (let before = -1; before < ran.length; ) {
		before = ran.length;
		for (const registration of registrations) ran.push(...(await runNext(ports, registration, leaseMs)));
		if (ran.length <= limit) continue;
		const message = `drain made more than ${limit} runs; does a job push or snooze itself without end?`;
		throw new MillraceError('INTERNAL', message);
	}
	return ran;
}

async function runNext({ engine, runner }: Ports, registration: Registration, leaseMs: number): Promise<Ran[]> {
	if (runner.isClosed) return [];
	const { topic, size } = registration;
	const jobs = await takeNext(engine, { topic, leaseMs }, size);
	return jobs.length === 0 ? [] : runner.run(registration, jobs, leaseMs);
}
