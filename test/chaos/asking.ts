import { type System, TOPIC } from './system.ts';

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

export async function countLeft({ urls: [url = ''] }: System): Promise<number> {
	const { counts } = await get<{ counts: Record<string, number> }>(`${url}/v1/topics/${TOPIC}`);
	return (counts.waiting ?? 0) + (counts.delayed ?? 0) + (counts.active ?? 0);
}

/** Every job, in whatever state. */
export async function listAll({ urls: [url = ''] }: System): Promise<Last[]> {
	const found: Last[] = [];
	for (const state of STATES) {
		for await (const page of pages<Page>(`${url}/v1/topics/${TOPIC}/jobs?state=${state}&limit=1000`)) {
			found.push(...page.jobs.map(({ id, data, reason }) => ({ id, state, n: data.n, reason })));
		}
	}
	return found;
}

/** What the doctor finds, while work goes on. */
export async function examine({ urls: [url = ''] }: System): Promise<string[]> {
	const found: string[] = [];
	for await (const { defects } of pages<Step>(`${url}/v1/doctor?topic=${TOPIC}&limit=500`)) {
		found.push(...defects.map(({ code, target, message }) => `${code} ${target}: ${message}`));
	}
	return found;
}

async function* pages<P extends { nextCursor: string | null }>(url: string): AsyncGenerator<P> {
	for (let cursor: string | null = ''; cursor !== null; ) {
		const page: P = await get(cursor === '' ? url : `${url}&cursor=${encodeURIComponent(cursor)}`);
		yield page;
		cursor = page.nextCursor;
	}
}

async function get<T>(url: string): Promise<T> {
	const response = await fetch(url);
	if (!response.ok) throw new Error(`${url} answered ${response.status}`);
	return (await response.json()) as T;
}
