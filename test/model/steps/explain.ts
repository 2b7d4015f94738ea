import { expect } from 'vitest';
import type { Blocking, Explanation } from '../../../src/core/explanation.ts';
import { JOB_STATES } from '../../../src/core/job.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { take } from '../../conformance/kit.ts';
import { insist } from '../insist.ts';
import { Step } from '../step.ts';
import { MINUTE, type Snapshot, topicName, type World } from '../world.ts';
import { type JobRef, jobs, resolveId } from './admin.ts';
import { learnDeliveries } from './take.ts';

/** What no clock decides. */
type Said = Omit<Explanation, 'lastTakeAt'> | null;

async function explain(engine: Engine, ids: string[]): Promise<Said[]> {
	const explanations = await engine.explainJobs(ids);
	return explanations.map((explanation) => {
		if (explanation === null) return null;
		const { lastTakeAt: _, ...said } = explanation;
		return said;
	});
}

function isBehindNone(reason: Blocking): boolean {
	return reason.code === 'behind' && reason.jobs === 0 && reason.groups === 0;
}

/** Reads, but what has fallen due by now does so. */
export class Explain extends Step<Said[]> {
	readonly #jobs: JobRef[];

	constructor(refs: JobRef[]) {
		super();
		this.#jobs = refs;
	}

	act(engine: Engine, world: World): Promise<Said[]> {
		const ids = this.#jobs.map((ref) => resolveId(ref, world));
		return explain(engine, [...ids, 'nobody:1700000000000', 'no id']);
	}

	/** A job that waits for the holder of its key waits for another one, which has not finished. */
	override judgeAfter(said: Said[], { jobs }: Snapshot): void {
		for (const reason of said.flatMap((one) => one?.reasons ?? [])) {
			if (reason.code !== 'unique') continue;
			const holder = jobs.find((job) => job?.id === reason.holder);
			const isOpen = holder?.state === 'waiting' || holder?.state === 'delayed' || holder?.state === 'active';
			insist(isOpen && holder?.unique?.key === reason.key, 'a job in line has a holder before it', reason, holder);
		}
	}

	toString(): string {
		return `explainJobs(${JSON.stringify(this.#jobs)})`;
	}
}

/** The job that is said to be next is the one that a take gets, and no other. */
export class ExplainAndTake extends Step<{ said: Said[]; taken: { id: string; token: number }[] }> {
	readonly #topic: string;

	constructor(topic: string) {
		super();
		this.#topic = topic;
	}

	async act(engine: Engine, { now }: World) {
		const lists = now.lists[this.#topic];
		const ids = JOB_STATES.flatMap((state) => lists?.[state] ?? []).map(({ id }) => id);
		const said = await explain(engine, ids);
		const taken = await take(engine, this.#topic, { leaseMs: 2 * MINUTE });
		return { said, taken: taken.map(({ id, token }) => ({ id, token })) };
	}

	override judge({ said, taken }: { said: Said[]; taken: { id: string }[] }, { clockWentBack }: World): void {
		const next = said.flatMap((one) => (one?.next ? [one.id] : []));
		expect(next, `${this}: next is what a take gets`).toEqual(taken.map(({ id }) => id));
		for (const one of said) {
			if (one === null) continue;
			const isHeld = one.state === 'delayed' || (one.state === 'waiting' && !one.next);
			expect(one.reasons.length > 0, `${one.id}: reasons, where it is held back`).toBe(isHeld);
			// A group that was found over its rate is looked at again at the time found then, also if the clock has gone back since.
			const behindNone = one.reasons.length === 1 && one.reasons.some(isBehindNone) && !clockWentBack;
			expect(behindNone, `${one.id} waits for its turn, and nothing is before it`).toBe(false);
		}
	}

	override learn({ taken }: { taken: { id: string; token: number }[] }, world: World): void {
		learnDeliveries(taken, world);
	}

	toString(): string {
		return `explainAndTake(${this.#topic})`;
	}
}

export const explainSteps = [
	jobs('waiting', 'delayed').map((refs) => new Explain(refs)),
	topicName.map((topic) => new ExplainAndTake(topic)),
];
