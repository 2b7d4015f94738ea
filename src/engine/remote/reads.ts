import { invalid } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import type { JobPage, JobQuery, Topic, TopicPage, TopicQuery } from '../engine.ts';
import { type Answer, cursorIn, listedIn, lookedUpIn, topicsIn } from './answers.ts';
import type { Calls } from './calls.ts';
import { listText, split } from './parts.ts';

/** The calls that change nothing. */
export class Reads {
	readonly #calls: Calls;

	constructor(calls: Calls) {
		this.#calls = calls;
	}

	getJobs(ids: string[]): Promise<(Job | null)[]> {
		return this.#lookup('/v1/jobs/lookup', 'ids', ids, lookedUpIn);
	}

	getTopics(topics: string[]): Promise<(Topic | null)[]> {
		return this.#lookup('/v1/topics/lookup', 'topics', topics, topicsIn);
	}

	async listJobs({ topic, state, cursor, limit }: JobQuery): Promise<JobPage> {
		const query = new URLSearchParams({ state, ...pageOf(cursor, limit) });
		const path = `/v1/topics/${encodeURIComponent(topic)}/jobs?${query}`;
		const read = (answer: Answer) => ({ jobs: listedIn(answer), nextCursor: cursorIn(answer) });
		return this.#calls.run({ method: 'GET', path, kind: 'read', read });
	}

	async listTopics({ cursor, limit }: TopicQuery): Promise<TopicPage> {
		const path = `/v1/topics?${new URLSearchParams(pageOf(cursor, limit))}`;
		const read = (answer: Answer) => {
			const topics = topicsIn(answer).filter((topic): topic is Topic => topic !== null);
			return { topics, nextCursor: cursorIn(answer) };
		};
		return this.#calls.run({ method: 'GET', path, kind: 'read', read });
	}

	/** Asks about many names, as many at once as a request holds. A POST, since so many do not fit into a URL. */
	async #lookup<T>(path: string, key: string, names: string[], read: (answer: Answer, count: number) => T[]) {
		this.#calls.refuseWhenClosed();
		const found: T[] = [];
		for (const part of split(names.map((name) => ({ text: JSON.stringify(name) })))) {
			const body = `{"${key}":${listText(part)}}`;
			const readPart = (answer: Answer) => read(answer, part.length);
			found.push(...(await this.#calls.run({ method: 'POST', path, body, kind: 'read', read: readPart })));
		}
		return found;
	}
}

/** @throws INVALID for an empty cursor, which over HTTP would be the first page */
function pageOf(cursor: string | null, limit: number): Record<string, string> {
	if (cursor === '') throw invalid('cursor', 'must be the nextCursor of the page before', cursor);
	return { limit: String(limit), ...(cursor === null ? {} : { cursor }) };
}
