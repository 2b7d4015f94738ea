import type { Backoff } from '../../core/backoff.ts';
import { formatId } from '../../core/ids.ts';
import type { DeadReason, Job, JobState, NewJob, TakenJob } from '../../core/job.ts';
import { asRawJson, type RawJson } from '../../core/json.ts';
import type { Transition } from '../../core/transitions.ts';

/** Options that a job has in common with these are not stored. Data on disk depend on them: they never change. */
const UNWRITTEN = { priority: 0, maxAttempts: 4 };

interface Opts {
	p?: number;
	g?: string;
	m?: number;
	b?: Backoff;
}

function encodeOpts(job: NewJob): string {
	const opts: Opts = {};
	if (job.priority !== UNWRITTEN.priority) opts.p = job.priority;
	if (job.group !== null) opts.g = job.group;
	if (job.maxAttempts !== UNWRITTEN.maxAttempts) opts.m = job.maxAttempts;
	if (job.backoff !== null) opts.b = job.backoff;
	const text = JSON.stringify(opts);
	return text === '{}' ? '' : text;
}

function encodeDue(job: NewJob): string {
	if (job.runAt !== null) return `@${job.runAt}`;
	return job.delayMs > 0 ? `+${job.delayMs}` : '';
}

/** The first of a job's two arguments of push.lua: empty for a plain job. */
export function encodeMeta(job: NewJob): string {
	const due = encodeDue(job);
	const opts = encodeOpts(job);
	return due === '' && opts === '' ? '' : `${due}\n${opts}`;
}

/** `to attempt place exhausted reason`, as move.lua reads it. */
export function encodeTransition(transition: Transition): string {
	const { to, attempt, place = '-', exhausted = '-', reason = '-' } = transition;
	return [to, attempt, place, exhausted, reason].join(' ');
}

type Text = string | null | undefined;

function decodeOpts(text: Text) {
	const opts: Opts = text ? JSON.parse(text) : {};
	return {
		priority: opts.p ?? UNWRITTEN.priority,
		group: opts.g ?? null,
		maxAttempts: opts.m ?? UNWRITTEN.maxAttempts,
		backoff: opts.b ?? null,
	};
}

/** `ahead LF data`: how many ms the job's number runs ahead of its creation (empty for none), and the payload. */
function decodeRecord(text: string, number: number): { createdAt: number; data: RawJson } {
	const end = text.indexOf('\n');
	return { createdAt: number - Number(text.slice(0, end)), data: asRawJson(text.slice(end + 1)) };
}

interface Tries {
	used: number;
	token: number;
	reason: DeadReason | null;
	error: RawJson | null;
}

const UNTRIED: Tries = { used: 0, token: 0, reason: null, error: null };
/** A job that completed in its first delivery has no entry in `tries`. */
const COMPLETED_AT_ONCE: Tries = { used: 1, token: 1, reason: null, error: null };

function decodeTries(text: Text): Tries | null {
	if (!text) return null;
	const [, used, token, reason, error] = /^(\d+) (\d+) (\S+) ([\s\S]*)$/.exec(text) ?? [];
	return {
		used: Number(used),
		token: Number(token),
		reason: reason === '-' ? null : (reason as DeadReason),
		error: error ? asRawJson(error) : null,
	};
}

/** What get.lua knows of one job. Scores tell the state: a record in none of the sets is waiting. */
export interface StoredJob {
	record: Text;
	opts: Text;
	tries: Text;
	result: Text;
	progress: Text;
	delayed: Text;
	active: Text;
	completed: Text;
	dead: Text;
}

function stateOf(stored: StoredJob): JobState {
	if (stored.active) return 'active';
	if (stored.delayed) return 'delayed';
	if (stored.completed) return 'completed';
	return stored.dead ? 'dead' : 'waiting';
}

function instant(score: Text): number | null {
	return score ? Number(score) : null;
}

export function decodeJob(topic: string, number: number, stored: StoredJob): Job | null {
	if (!stored.record) return null;
	const state = stateOf(stored);
	const tries = decodeTries(stored.tries) ?? (state === 'completed' ? COMPLETED_AT_ONCE : UNTRIED);
	const running = state === 'active' ? 1 : 0;
	return {
		id: formatId(topic, number),
		topic,
		state,
		...decodeRecord(stored.record, number),
		...decodeOpts(stored.opts),
		attempt: tries.used + running,
		token: tries.token + running,
		runAt: instant(stored.delayed),
		leaseExpiresAt: instant(stored.active),
		finishedAt: instant(stored.completed ?? stored.dead),
		reason: tries.reason,
		result: stored.result ? asRawJson(stored.result) : null,
		error: tries.error,
		progress: stored.progress ? asRawJson(stored.progress) : null,
	};
}

/** take.lua's answer: ids, ends of their leases, records, then opts and tries (empty when none has any), 1 if remembered. */
export type TakeReply = [string[], string[], Text[], Text[], Text[], number];

export function decodeTaken(topic: string, reply: TakeReply): TakenJob[] {
	const [numbers, ends, records, opts, tries] = reply;
	const jobs: TakenJob[] = [];
	for (const [i, digits] of numbers.entries()) {
		const record = records[i];
		// A record that is gone leaves nothing to run; its lease runs out and `doctor` reports it.
		if (!record) continue;
		const number = Number(digits);
		const { used, token } = decodeTries(tries[i]) ?? UNTRIED;
		const { createdAt, data } = decodeRecord(record, number);
		const { priority, group, maxAttempts } = decodeOpts(opts[i]);
		const id = formatId(topic, number);
		const leaseExpiresAt = Number(ends[i]);
		jobs.push({
			id,
			topic,
			token: token + 1,
			data,
			attempt: used + 1,
			maxAttempts,
			priority,
			group,
			createdAt,
			leaseExpiresAt,
		});
	}
	return jobs;
}
