import type { Backoff } from '../../core/backoff.ts';
import { formatId } from '../../core/ids.ts';
import type { DeadReason, HistoryEntry, Job, JobState, JobTerms, NewJob, TakenJob } from '../../core/job.ts';
import { asRawJson, type RawJson } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Transition } from '../../core/transitions.ts';
import type { Unique } from '../../core/unique.ts';

/** Options that a job has in common with these are not stored. Data on disk depend on them: they never change. */
export const UNWRITTEN = { priority: 0, maxAttempts: 4 };

/** The options beside the lane, as OPTS has them. The scripts read `m c t l r x o u`. */
interface Opts {
	m?: number;
	b?: Backoff;
	/** cost, timeoutMs, ttlMs (how long it may live unstarted), retryForMs, maxCrashes, onRetry. */
	c?: number | undefined;
	t?: number | undefined;
	l?: number | undefined;
	r?: number | undefined;
	x?: number | undefined;
	o?: 'keep' | 'requeue' | undefined;
	/** key, scope (`w` until it is taken, `u` until it has finished, or the ms of a window), what happens at a conflict. */
	u?: { k: string; s: 'w' | 'u' | number; c: Unique['onConflict'] };
	/** tags (words) and parent. */
	w?: string[] | undefined;
	p?: string | undefined;
}

export function encodeScope(scope: Unique['scope']): 'w' | 'u' | number {
	if (typeof scope === 'object') return scope.windowMs;
	return scope === 'waiting' ? 'w' : 'u';
}

function decodeScope(scope: 'w' | 'u' | number): Unique['scope'] {
	if (typeof scope === 'number') return { windowMs: scope };
	return scope === 'w' ? 'waiting' : 'unfinished';
}

/** The JSON of everything that differs from the defaults, but for the lane; empty for nothing. */
export function encodeOpts({ maxAttempts, backoff, unique, ...job }: NewJob): string {
	const opts: Opts = {
		c: job.cost,
		t: job.timeoutMs,
		l: job.ttlMs,
		r: job.retryForMs,
		x: job.maxCrashes,
		o: job.onRetry,
		w: job.tags,
		p: job.parent,
	};
	if (maxAttempts !== UNWRITTEN.maxAttempts) opts.m = maxAttempts;
	if (backoff !== null) opts.b = backoff;
	if (unique !== undefined) opts.u = { k: unique.key, s: encodeScope(unique.scope), c: unique.onConflict };
	const text = JSON.stringify(opts);
	return text === '{}' ? '' : text;
}

/** `priority` or `priority:group`; empty for the common lane. */
export function encodeLane({ priority, group }: NewJob): string {
	if (group !== null) return `${priority}:${group}`;
	return priority === UNWRITTEN.priority ? '' : String(priority);
}

type Text = string | null | undefined;

function decodeTerms(opts: Opts): JobTerms {
	const terms: JobTerms = {};
	if (opts.c !== undefined) terms.cost = opts.c;
	if (opts.t !== undefined) terms.timeoutMs = opts.t;
	if (opts.l !== undefined) terms.ttlMs = opts.l;
	if (opts.r !== undefined) terms.retryForMs = opts.r;
	if (opts.x !== undefined) terms.maxCrashes = opts.x;
	if (opts.o !== undefined) terms.onRetry = opts.o;
	if (opts.w !== undefined) terms.tags = opts.w;
	if (opts.p !== undefined) terms.parent = opts.p;
	if (opts.u !== undefined) terms.unique = { key: opts.u.k, scope: decodeScope(opts.u.s), onConflict: opts.u.c };
	return terms;
}

/** `lane LF JSON`, each part empty where the defaults hold. */
function decodeOpts(text: Text) {
	const end = text ? text.indexOf('\n') : 0;
	const lane = text?.slice(0, end) ?? '';
	const json = text?.slice(end + 1);
	const opts: Opts = json ? JSON.parse(json) : {};
	const colon = lane.indexOf(':');
	return {
		priority: lane === '' ? UNWRITTEN.priority : Number(colon === -1 ? lane : lane.slice(0, colon)),
		group: colon === -1 ? null : lane.slice(colon + 1),
		maxAttempts: opts.m ?? UNWRITTEN.maxAttempts,
		backoff: opts.b ?? null,
		...decodeTerms(opts),
	};
}

/** `from to attempt counts place exhausted reason tells`, as move.lua reads it. tells: what the history says of it. */
export function encodeTransition(transition: Transition, tells: HistoryEntry['kind'] | '-' = '-'): string {
	const { to, attempt, counts = '-', place = '-', exhausted = '-', reason = '-' } = transition;
	const from = transition.from[0] === 'active' ? 'active' : '-';
	return [from, to, attempt, counts, place, exhausted, reason, tells].join(' ');
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
	crashes: number;
	releases: number;
	error: RawJson | null;
}

const UNTRIED: Tries = { used: 0, token: 0, reason: null, crashes: 0, releases: 0, error: null };
/** A job that completed in its first delivery has no entry in `tries`. */
const COMPLETED_AT_ONCE: Tries = { ...UNTRIED, used: 1, token: 1 };

function decodeTries(text: Text): Tries | null {
	if (!text) return null;
	const parts = /^(\d+) (\d+) (\S+) (\d+) (\d+) ([\s\S]*)$/.exec(text);
	const [, used, token, reason, crashes, releases, error] = parts ?? [];
	return {
		used: Number(used),
		token: Number(token),
		reason: reason === undefined || reason === '-' ? null : reason,
		crashes: Number(crashes),
		releases: Number(releases),
		error: error ? asRawJson(error) : null,
	};
}

const HISTORY_LINE = /^(\w+) (\d+) (\d+) (null|"(?:[^"\\]|\\.)*") (.*)$/;

/** A line for each entry, `kind at attempt by error`: `by` is JSON, the error raw JSON or empty. */
function decodeHistory(text: Text): HistoryEntry[] {
	if (!text) return [];
	return text.split('\n').flatMap((line) => {
		const [, kind, at, attempt, by = 'null', error] = HISTORY_LINE.exec(line) ?? [];
		if (kind === undefined) return [];
		const told = { kind: kind as HistoryEntry['kind'], at: Number(at), attempt: Number(attempt), by: JSON.parse(by) };
		return [{ ...told, error: error ? asRawJson(error) : null }];
	});
}

/** What get.lua knows of one job. Scores tell the state: a record in none of the sets is waiting. */
export interface StoredJob {
	record: Text;
	opts: Text;
	tries: Text;
	result: Text;
	progress: Text;
	history: Text;
	run: Text;
	delayed: Text;
	active: Text;
	completed: Text;
	dead: Text;
	cancelled: Text;
}

function stateOf(stored: StoredJob): JobState {
	if (stored.active) return 'active';
	if (stored.delayed) return 'delayed';
	if (stored.completed) return 'completed';
	if (stored.cancelled) return 'cancelled';
	return stored.dead ? 'dead' : 'waiting';
}

function instant(score: Text): number | null {
	return score ? Number(score) : null;
}

/** One that waits for the holder of its key stands behind all times. */
function dueTime(score: Text): number | null {
	const due = instant(score);
	return due === null || due > LIMITS.maxTimestamp ? null : due;
}

/** `started end worker`: of the run under way. */
function workerOf(run: Text): string | null {
	const worker = run?.split(' ').slice(2).join(' ');
	return worker ? JSON.parse(worker) : null;
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
		runAt: dueTime(stored.delayed),
		leaseExpiresAt: instant(stored.active),
		finishedAt: instant(stored.completed ?? stored.dead ?? stored.cancelled),
		reason: tries.reason,
		crashes: tries.crashes,
		releases: tries.releases,
		worker: running ? workerOf(stored.run) : null,
		history: decodeHistory(stored.history),
		result: stored.result ? asRawJson(stored.result) : null,
		error: tries.error,
		progress: stored.progress ? asRawJson(stored.progress) : null,
	};
}

/** take.lua's answer: ids, ends of their leases (one where all are alike), records, opts and tries (none where no job has any), and what there is to say with them. */
export type TakeReply = [string[], string[], Text[], Text[], Text[], '' | 'recalled' | 'due' | 'more'];

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
		const { priority, group, maxAttempts, timeoutMs } = decodeOpts(opts[i]);
		const job: TakenJob = {
			id: formatId(topic, number),
			topic,
			token: token + 1,
			data,
			attempt: used + 1,
			maxAttempts,
			priority,
			group,
			createdAt,
			leaseExpiresAt: Number(ends[i] ?? ends[0]),
		};
		if (timeoutMs !== undefined) job.timeoutMs = timeoutMs;
		jobs.push(job);
	}
	return jobs;
}
