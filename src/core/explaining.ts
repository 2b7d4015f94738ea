import { describe } from './errors.ts';
import type { Blocking, Explanation } from './explanation.ts';
import type { JobState } from './job.ts';
import { LIMITS } from './limits.ts';

/** An explanation with words for a person who has been woken up at night. */
export interface Told extends Explanation {
	reasons: (Blocking & { text: string })[];
	/** Everything in whole sentences. */
	summary: string;
}

/** Every take that waits asks the store within half a minute: nobody takes from a topic that has been silent for twice as long. */
const SILENT_MS = 60_000;

/** @param now by the store's clock, as the instants of the explanation are */
export function told(explanation: Explanation, now: number): Told {
	const reasons = explanation.reasons.map((reason) => ({ ...reason, text: reasonText(reason, now) }));
	return { ...explanation, reasons, summary: summaryText(explanation, now) };
}

/** The summary: what the job does, what holds it back, and whether there is anybody to take it. */
export function summaryText({ state, next, reasons, lastTakeAt }: Explanation, now: number): string {
	const why = reasons.map((reason) => reasonText(reason, now)).join('; ');
	const sentences = [`${STANDING[state]}${why === '' ? '' : `: ${why}`}.`];
	if (next) sentences.push('It is next: a worker that takes from the topic now gets it.');
	if (state === 'waiting') sentences.push(...silence(lastTakeAt, now));
	return sentences.join(' ');
}

const STANDING: Record<JobState, string> = {
	waiting: 'The job waits',
	delayed: 'The job is delayed',
	active: 'The job is active: a worker has it',
	completed: 'The job is completed',
	dead: 'The job is dead, and runs again only when it is retried',
	cancelled: 'The job is cancelled, and runs again only when it is retried',
};

function silence(lastTakeAt: number | null, now: number): string[] {
	if (lastTakeAt === null) return ['No worker has taken from this topic yet.'];
	const silentMs = now - lastTakeAt;
	return silentMs < SILENT_MS ? [] : [`No worker has taken from this topic for ${durationText(silentMs)}.`];
}

/** One reason, as a part of a sentence: `group acme is at its limit of 5, held by orders:1732616363278`. */
export function reasonText(reason: Blocking, now: number): string {
	switch (reason.code) {
		case 'topic_paused':
			return `the topic is paused${untilText(reason.until, now)}`;
		case 'topic_parked':
			return `the topic is parked by a worker${untilText(reason.until, now)}`;
		case 'topic_limit':
			return `the topic is at its limit of ${limitText(reason)}`;
		case 'topic_rate':
			return `the rate limit of the topic opens ${inText(reason.opensAt, now)}`;
		case 'group_paused':
			return `group ${nameText(reason.group)} is paused${untilText(reason.until, now)}`;
		case 'group_parked':
			return `group ${nameText(reason.group)} is parked by a worker${untilText(reason.until, now)}`;
		case 'group_limit':
			return `group ${nameText(reason.group)} is at its limit of ${limitText(reason)}`;
		case 'group_rate':
			return `the rate limit of group ${nameText(reason.group)} opens ${inText(reason.opensAt, now)}`;
		case 'due':
			return `due ${inText(reason.at, now)}`;
		case 'unique':
			return `it runs after ${reason.holder}, which holds its key ${nameText(reason.key)}`;
		case 'behind':
			return behindText(reason);
	}
}

function limitText({ limit, heldBy }: { limit: number; heldBy: string[] }): string {
	const others = limit - heldBy.length;
	const more = others > 0 && heldBy.length > 0 ? ` and ${plural(others, 'other')}` : '';
	return heldBy.length === 0 ? numberText(limit) : `${numberText(limit)}, held by ${heldBy.join(', ')}${more}`;
}

function behindText({ jobs, groups }: { jobs: number; groups: number }): string {
	const parts = [
		...(jobs > 0 ? [plural(jobs, 'job')] : []),
		...(groups > 0 ? [`${plural(groups, 'other group')}${groups >= LIMITS.lanesLookedAt ? ' or more' : ''}`] : []),
	];
	return parts.length === 0 ? 'its turn comes next' : `behind ${parts.join(' and ')}`;
}

/** A name that is one word stands as it is; any other is set between quotes, and a long one is cut. */
function nameText(name: string): string {
	return /^[^\s",;]{1,80}$/.test(name) ? name : describe(name);
}

function untilText(until: number | null, now: number): string {
	return until === null ? '' : ` until ${instantText(until)}, ${inText(until, now)}`;
}

/** To the second, in UTC, since whoever reads it may sit elsewhere than the store. */
function instantText(at: number): string {
	return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `in 4 min`, or `now`. */
function inText(at: number, now: number): string {
	return at <= now ? 'now' : `in ${durationText(at - now)}`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** To two digits or so: `350 ms`, `1.2 s`, `45 s`, `4 min`, `3 h 20 min`, `5 days`. Rounded up, so that it is not said too soon. */
export function durationText(ms: number): string {
	if (ms < SECOND) return `${Math.ceil(ms)} ms`;
	if (ms < 10 * SECOND) return `${Math.ceil(ms / 100) / 10} s`;
	if (ms <= 2 * MINUTE) return `${Math.ceil(ms / SECOND)} s`;
	const minutes = Math.ceil(ms / MINUTE);
	if (minutes < 60) return `${minutes} min`;
	if (ms > 2 * DAY) return `${Math.ceil(ms / DAY)} days`;
	const rest = minutes % 60;
	return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`;
}

function plural(count: number, noun: string): string {
	return `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function numberText(count: number): string {
	return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
