import type { Target } from './target.ts';

/** A job as the store has it in the end. */
export interface Last {
	id: string;
	state: string;
	n: number;
	reason: string | null;
}

interface Page {
	jobs: { id: string; data: { n: number }; reason: string | null }[];
	nextCursor: string | null;
}

interface Step {
	defects: { code: string; target: string; message: string }[];
	nextCursor: string | null;
}

const STATES = ['waiting', 'delayed', 'active', 'completed', 'dead', 'cancelled'];

export async function countLeft({ urls: [url = ''], topic }: Target): Promise<number> {
	const { counts } = await get<{ counts: Record<string, number> }>(`${url}/v1/topics/${topic}`);
	return (counts.waiting ?? 0) + (counts.delayed ?? 0) + (counts.active ?? 0);
}

/** Every job, in whatever state. */
export async function listAll({ urls: [url = ''], topic }: Target): Promise<Last[]> {
	const found: Last[] = [];
	for (const state of STATES) {
		for await (const page of pages<Page>(`${url}/v1/topics/${topic}/jobs?state=${state}&limit=1000`)) {
			found.push(...page.jobs.map(({ id, data, reason }) => ({ id, state, n: data.n, reason })));
		}
	}
	return found;
}

/** The most that a topic keeps: runs of more jobs would lose sight of the first ones. */
const MOST_KEPT = 1_000_000;

/** Finished jobs are all kept, so that each can be accounted for. */
export async function keepAll({ urls: [url = ''], topic }: Target): Promise<void> {
	const keep = { count: MOST_KEPT, ageMs: 86_400_000 };
	const body = JSON.stringify({ completed: keep, dead: keep, backoff: { type: 'fixed', delayMs: 100 } });
	const headers = { 'content-type': 'application/json' };
	const response = await fetch(`${url}/v1/topics/${topic}`, { method: 'PATCH', headers, body });
	if (!response.ok) throw new Error(`The settings were answered with ${response.status}: ${await response.text()}`);
}

/** The doctor, who goes through the topic in rounds while work goes on. */
export class Doctor {
	readonly #target: Target;
	readonly found: string[] = [];
	#cursor: string | null = null;

	constructor(target: Target) {
		this.#target = target;
	}

	/** Goes on from where he was, for so many steps or to the end of the topic. */
	async look(steps: number): Promise<void> {
		const {
			urls: [url = ''],
			topic,
		} = this.#target;
		const first = `${url}/v1/doctor?topic=${topic}&limit=500`;
		let left = steps;
		for await (const { defects, nextCursor } of pages<Step>(first, this.#cursor)) {
			this.found.push(...defects.map(({ code, target, message }) => `${code} ${target}: ${message}`));
			this.#cursor = nextCursor;
			if (--left === 0) return;
		}
	}

	/** Goes through all of the topic. */
	async lookAtAll(): Promise<void> {
		this.#cursor = null;
		await this.look(Number.POSITIVE_INFINITY);
	}
}

async function* pages<P extends { nextCursor: string | null }>(url: string, from: string | null = null) {
	let cursor = from;
	do {
		const page: P = await get(cursor === null ? url : `${url}&cursor=${encodeURIComponent(cursor)}`);
		cursor = page.nextCursor;
		yield page;
	} while (cursor !== null);
}

async function get<T>(url: string): Promise<T> {
	const response = await fetch(url);
	if (!response.ok) throw new Error(`${url} answered ${response.status}`);
	return (await response.json()) as T;
}
