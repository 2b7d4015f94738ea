import type { Blocking, Explanation } from '../../core/explanation.ts';
import type { HistoryEntry, Job, TakenJob } from '../../core/job.ts';
import { items, member, members, type RawJson } from '../../core/json.ts';
import type { ActionResult, Durability, ExtendResult, Group, SettleResult, Topic } from '../engine.ts';

/** An answer of success: parsed, and as it was written, to cut payloads out of. */
export interface Answer {
	text: RawJson;
	value: Record<string, unknown>;
}

/** The answer is none that this call has: it comes from something else than a Millrace server. */
export class Misread extends Error {}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The records of one list of an answer. @param count how many there must be; any number without it */
export function records(answer: Answer, key: string, count?: number): Record<string, unknown>[] {
	return nullable(answer, key, count).map((value) => value ?? misread());
}

function nullable(answer: Answer, key: string, count?: number): (Record<string, unknown> | null)[] {
	const list = answer.value[key];
	if (!Array.isArray(list) || (count !== undefined && list.length !== count)) misread();
	return list.map((value: unknown) => (value === null || isRecord(value) ? value : misread()));
}

function misread(): never {
	throw new Misread();
}

function texts(answer: Answer, key: string): RawJson[] {
	return items(member(answer.text, key) ?? misread());
}

/** The value of `nextCursor`. */
export function cursorIn({ value }: Answer): string | null {
	const { nextCursor } = value;
	return nextCursor === null || typeof nextCursor === 'string' ? nextCursor : misread();
}

export function durabilityIn({ value }: Answer): Durability {
	return durabilityOf(value.durability);
}

export function durabilityOf(durability: unknown): Durability {
	return durability === 'memory' || durability === 'fsynced' || durability === 'replicated' ? durability : misread();
}

/** Jobs under a lease. */
export function takenIn(answer: Answer): TakenJob[] {
	const found = texts(answer, 'jobs');
	return records(answer, 'jobs').map((value, index) => {
		const data = member(found[index] ?? misread(), 'data') ?? misread();
		if (typeof value.id !== 'string' || typeof value.token !== 'number') misread();
		return { ...(value as unknown as TakenJob), data };
	});
}

/** Jobs that were cancelled while a take waited. */
export function cancelledIn({ value }: Answer): string[] {
	const { cancelled = [] } = value;
	return Array.isArray(cancelled) ? cancelled.filter((id) => typeof id === 'string') : misread();
}

/** Stored jobs, null where there was none. */
export function lookedUpIn(answer: Answer, count: number): (Job | null)[] {
	const found = texts(answer, 'jobs');
	return nullable(answer, 'jobs', count).map((value, index) => value && jobOf(value, found[index] ?? misread()));
}

/** The jobs of a page. */
export function listedIn(answer: Answer): Job[] {
	const found = texts(answer, 'jobs');
	return records(answer, 'jobs').map((value, index) => jobOf(value, found[index] ?? misread()));
}

/** A result, an error or a progress that is absent is none; the JSON `null` is one. */
function jobOf(value: Record<string, unknown>, text: RawJson): Job {
	const found = new Map(members(text).map((one) => [one.key, one.value]));
	if (typeof value.id !== 'string' || typeof value.state !== 'string') misread();
	// What the server counts for people follows from the rest.
	const { failures: _, ...job } = value as unknown as Job & { failures?: number };
	return {
		...job,
		history: historyIn(job.history, found.get('history')),
		data: found.get('data') ?? misread(),
		result: found.get('result') ?? null,
		error: found.get('error') ?? null,
		progress: found.get('progress') ?? null,
	};
}

function historyIn(entries: HistoryEntry[], text: RawJson | undefined): HistoryEntry[] {
	// A server that is older than this client keeps none.
	if (!Array.isArray(entries) || text === undefined) return [];
	const found = items(text);
	return entries.map((entry, index) => ({ ...entry, error: member(found[index] ?? misread(), 'error') ?? null }));
}

/** Topics, null where there was none. */
export function topicsIn(answer: Answer, count?: number): (Topic | null)[] {
	return nullable(answer, 'topics', count).map((value) => {
		if (value !== null && (typeof value.topic !== 'string' || !isRecord(value.counts))) misread();
		return value as Topic | null;
	});
}

/** The settings in the answer about a topic or a group. */
export function settingsIn<S extends object>({ value }: Answer): S {
	return isRecord(value.settings) ? (value.settings as S) : misread();
}

export function groupsIn(answer: Answer, count?: number): Group[] {
	return records(answer, 'groups', count).map((value) => {
		if (typeof value.group !== 'string' || !isRecord(value.settings)) misread();
		return value as unknown as Group;
	});
}

/** Explanations, null where there was no job, without the words of the server. */
export function explanationsIn(answer: Answer, count: number): (Explanation | null)[] {
	return nullable(answer, 'explanations', count).map((value) => value && explanationOf(value));
}

function explanationOf({ summary: _, reasons, ...rest }: Record<string, unknown>): Explanation {
	if (typeof rest.id !== 'string' || !Array.isArray(reasons)) misread();
	const facts = reasons.map(({ text: _, ...reason }) => reason as Blocking);
	return { ...(rest as Omit<Explanation, 'reasons'>), reasons: facts };
}

/** The results of a list, each without the id that it begins with. */
export function resultsIn<R extends SettleResult | ExtendResult | ActionResult>(
	answer: Answer,
	key: string,
	count: number,
): R[] {
	return records(answer, key, count).map(({ id: _, ...result }) => {
		if (typeof result.status !== 'string') misread();
		return result as unknown as R;
	});
}
