import { invalid } from '../../core/errors.ts';
import type { Explanation } from '../../core/explanation.ts';
import type { Job } from '../../core/job.ts';
import type { Group, GroupPage, GroupQuery, JobPage, JobQuery, Topic, TopicPage, TopicQuery } from '../engine.ts';
import { type Answer, cursorIn, explanationsIn, groupsIn, listedIn, lookedUpIn, topicsIn } from './answers.ts';
import type { Calls } from './calls.ts';
import { type BodyBound, inParts, listText, sized } from './parts.ts';

/** The calls that change nothing. */
export class Reads {
	readonly #calls: Calls;
	readonly #bound: BodyBound;

	constructor(calls: Calls, bound: BodyBound) {
		this.#calls = calls;
		this.#bound = bound;
	}

	getJobs(ids: string[]): Promise<(Job | null)[]> {
		return this.#lookup('/v1/jobs/lookup', 'ids', ids, lookedUpIn);
	}

	getTopics(topics: string[]): Promise<(Topic | null)[]> {
		return this.#lookup('/v1/topics/lookup', 'topics', topics, topicsIn);
	}

	getGroups(topic: string, groups: string[]): Promise<Group[]> {
		return this.#lookup(`/v1/topics/${encodeURIComponent(topic)}/groups/lookup`, 'groups', groups, groupsIn);
	}

	explainJobs(ids: string[]): Promise<(Explanation | null)[]> {
		return this.#lookup('/v1/jobs/explain', 'ids', ids, explanationsIn);
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

	async listGroups({ topic, cursor, limit }: GroupQuery): Promise<GroupPage> {
		const path = `/v1/topics/${encodeURIComponent(topic)}/groups?${new URLSearchParams(pageOf(cursor, limit))}`;
		const read = (answer: Answer) => ({ groups: groupsIn(answer), nextCursor: cursorIn(answer) });
		return this.#calls.run({ method: 'GET', path, kind: 'read', read });
	}

	/** Asks about many names, as many at once as a request holds. A POST, since so many do not fit into a URL. */
	async #lookup<T>(path: string, key: string, names: string[], read: (answer: Answer, count: number) => T[]) {
		this.#calls.refuseWhenClosed();
		const items = names.map((name) => sized(JSON.stringify(name)));
		const send = (part: typeof items) => {
			const body = `{"${key}":${listText(part)}}`;
			const readPart = (answer: Answer) => read(answer, part.length);
			return this.#calls.run({ method: 'POST', path, body, kind: 'read', read: readPart });
		};
		const found: T[] = [];
		for await (const some of inParts(items, this.#bound, send)) found.push(...some);
		return found;
	}
}

/** @throws INVALID for an empty cursor, which over HTTP would be the first page */
function pageOf(cursor: string | null, limit: number): Record<string, string> {
	if (cursor === '') throw invalid('cursor', 'must be the nextCursor of the page before', cursor);
	return { limit: String(limit), ...(cursor === null ? {} : { cursor }) };
}
