import { formatId, parseId } from '../../core/ids.ts';
import type { Job } from '../../core/job.ts';
import type { JobPage, JobQuery, Topic } from '../engine.ts';
import { decodeJob, type StoredJob } from './codec.ts';
import { decodeCursor, encodeCursor } from './cursors.ts';
import { byTopic, scatter } from './grouping.ts';
import type { Scripts } from './scripts.ts';

/** Jobs that one script reads whole: 50 payloads of the default size limit are 12.5 MB. */
const JOBS_PER_READ = 50;

type Texts = (string | null)[];
type GetReply = [Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts, Texts];

export async function getJobs(scripts: Scripts, ids: string[]): Promise<(Job | null)[]> {
	const parsed = ids.map((id) => parseId(id));
	const groups = byTopic(parsed, (id) => id?.topic, JOBS_PER_READ);
	return scatter<(typeof parsed)[number], Job | null>(ids.length, null, groups, async ({ topic, items }) => {
		const numbers = items.map((id) => id?.number ?? 0);
		const reply = await scripts.call<GetReply>('get', topic, numbers.map(String));
		return numbers.map((number, i) => decodeJob(topic, number, storedJob(reply, i)));
	});
}

function storedJob(reply: GetReply, i: number): StoredJob {
	const [record, opts, tries, result, progress, history, run, delayed, active, completed, dead, cancelled] = reply;
	return {
		record: record[i],
		opts: opts[i],
		tries: tries[i],
		result: result[i],
		progress: progress[i],
		history: history[i],
		run: run[i],
		delayed: delayed[i],
		active: active[i],
		completed: completed[i],
		dead: dead[i],
		cancelled: cancelled[i],
	};
}

interface IdPage {
	numbers: string[];
	next: string[] | null;
}

async function listWaiting(scripts: Scripts, { topic, cursor, limit }: JobQuery): Promise<IdPage> {
	const args = [String(limit), ...decodeCursor(cursor, 4)];
	const [numbers, next] = await scripts.call<[string[], string[]]>('listWaiting', topic, args);
	return { numbers, next: next.length === 0 ? null : next };
}

async function listScored(scripts: Scripts, { topic, state, cursor, limit }: JobQuery): Promise<IdPage> {
	const direction = state === 'delayed' || state === 'active' ? 'up' : 'down';
	const [score = '', id = ''] = decodeCursor(cursor, 2);
	const pairs = await scripts.call<string[]>('listScored', topic, [state, direction, String(limit), score, id]);
	const numbers = pairs.filter((_, i) => i % 2 === 0);
	const [lastId, lastScore] = pairs.slice(-2);
	const full = numbers.length === limit && lastId !== undefined && lastScore !== undefined;
	return { numbers, next: full ? [lastScore, lastId] : null };
}

/** The ids first, then the jobs: one that moved on in between is left out, as it has left the state. */
export async function listJobs(scripts: Scripts, query: JobQuery): Promise<JobPage> {
	const list = query.state === 'waiting' ? listWaiting : listScored;
	const { numbers, next } = await list(scripts, query);
	const ids = numbers.map((number) => formatId(query.topic, Number(number)));
	const jobs = await getJobs(scripts, ids);
	return {
		jobs: jobs.filter((job) => job?.state === query.state).filter((job) => job !== null),
		nextCursor: next === null ? null : encodeCursor(next),
	};
}

type TopicReply = [paused?: number, pausedUntil?: string, settings?: string, ...counts: (number | string)[]];

export async function getTopics(scripts: Scripts, topics: string[]): Promise<(Topic | null)[]> {
	return Promise.all(
		topics.map(async (topic) => decodeTopic(topic, await scripts.call('topic', topic, [scripts.now]))),
	);
}

function decodeTopic(topic: string, reply: TopicReply): Topic | null {
	const [paused, pausedUntil, settings, ...numbers] = reply;
	if (settings === undefined) return null;
	const [all = 0, delayed = 0, active = 0, completed = 0, dead = 0, cancelled = 0, oldest = -1] = numbers.map(Number);
	const waiting = all - delayed - active - completed - dead - cancelled;
	return {
		topic,
		paused: paused === 1,
		pausedUntil: pausedUntil ? Number(pausedUntil) : null,
		counts: { waiting, delayed, active, completed, dead, cancelled },
		oldestWaitingMs: oldest < 0 ? null : oldest,
		settings: JSON.parse(settings),
	};
}
