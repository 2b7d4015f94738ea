import { expect } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { DEFAULT_MAX_ATTEMPTS } from '../../src/core/settings.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { batch } from './jobs.ts';

/** The calls by which jobs come and are worked off. */
const VERBS = ['push', 'take', 'extend', 'settle'] as const;
export type Verb = (typeof VERBS)[number];

/** How many replies to each verb are lost: a few in every run, 2,500 with `MILLRACE_LOST_REPLIES=2500`. */
export const LOSSES = Number(process.env.MILLRACE_LOST_REPLIES ?? 100);

/** How long that may take, in ms. */
export const LOSING_MS = 60_000 + LOSSES * 2_000;

/** A deadline that no machine is too slow for. */
export const PATIENT_MS = 30_000;

/** Those who work beside each other, each over a connection of its own. */
export const LANES = 4;

/** An engine, and how the reply to its next call is lost. */
export interface Lane {
	engine: Engine;
	/** Resolves when a reply to that verb has been lost. */
	lose: (verb: Verb) => Promise<void>;
}

const TOPIC = 'emails';
const JOBS = 3;
/** No lease ends meanwhile: whatever is not delivered is stranded, and seen. */
const LEASE_MS = LIMITS.maxLeaseMs;

/** What the lanes have seen. */
export class Tally {
	readonly lost: Record<Verb, number> = { push: 0, take: 0, extend: 0, settle: 0 };
	readonly ids = new Set<string>();
	/** How often each job was delivered, by its id. */
	readonly delivered = new Map<string, number>();
	/** How often the end of each job was answered with `ok`, by its id. */
	readonly completed = new Map<string, number>();

	add(counts: Map<string, number>, ids: Iterable<string>): void {
		for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
	}
}

/** Each lane pushes, takes, extends and settles, and the first reply to each of these calls is lost. */
export async function workLosing(lanes: Lane[], tally: Tally): Promise<void> {
	let left = LOSSES;
	await Promise.all(
		lanes.map(async (lane) => {
			while (left-- > 0) await loseOneOfEach(lane, tally);
		}),
	);
}

async function loseOneOfEach({ engine, lose }: Lane, tally: Tally): Promise<void> {
	async function losing<T>(verb: Verb, call: () => Promise<T>): Promise<T> {
		const lost = lose(verb);
		const answer = await call();
		await lost;
		tally.lost[verb]++;
		return answer;
	}

	const [pushed] = await losing('push', () => engine.push([batch(TOPIC, JOBS, { maxAttempts: DEFAULT_MAX_ATTEMPTS })]));
	if (pushed?.status !== 'created') throw new Error(`The push was answered with ${pushed?.status}`);
	for (const { id } of pushed.jobs) tally.ids.add(id);

	const jobs = await losing('take', () => engine.take({ topics: [TOPIC], max: JOBS, leaseMs: LEASE_MS }));
	expect(jobs.map(({ token }) => token)).toEqual([1, 1, 1]);
	tally.add(
		tally.delivered,
		jobs.map(({ id }) => id),
	);

	const leases = jobs.map(({ id, token }) => ({ id, token }));
	const extended = await losing('extend', () => engine.extend(leases, LEASE_MS));
	expect(extended.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);

	const outcomes = leases.map((lease) => ({ ...lease, outcome: 'complete' as const }));
	const settled = await losing('settle', () => engine.settle(outcomes));
	tally.add(
		tally.completed,
		jobs.filter((_, index) => settled[index]?.status === 'ok').map(({ id }) => id),
	);
}

/** What must hold in the end, seen by an engine that loses nothing; it is printed, too. */
export async function checkTally(tally: Tally, engine: Engine, what: string): Promise<void> {
	const left = await engine.take({ topics: [TOPIC], max: LIMITS.batch, leaseMs: LEASE_MS });
	const [topic] = await engine.getTopics([TOPIC]);
	const above = (counts: Map<string, number>) => [...counts.values()].filter((count) => count > 1).length;
	const found = {
		doubledJobs: left.length,
		doubleDeliveries: above(tally.delivered),
		doubleCompletions: above(tally.completed),
		stranded: (topic?.counts.active ?? 0) - left.length,
		completed: tally.completed.size,
	};
	console.log(`${what}: lost ${JSON.stringify(tally.lost)}, found ${JSON.stringify(found)}`);
	expect(tally.lost).toEqual({ push: LOSSES, take: LOSSES, extend: LOSSES, settle: LOSSES });
	expect(tally.ids.size).toBe(LOSSES * JOBS);
	expect(new Set(tally.delivered.keys())).toEqual(tally.ids);
	expect(found).toEqual({
		doubledJobs: 0,
		doubleDeliveries: 0,
		doubleCompletions: 0,
		stranded: 0,
		completed: LOSSES * JOBS,
	});
}
