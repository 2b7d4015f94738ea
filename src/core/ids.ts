import { invalid } from './errors.ts';
import { LIMITS } from './limits.ts';

/** A job id says where the job lives: `emails:1732616363278` is number 1732616363278 of topic `emails`. */
export interface JobId {
	topic: string;
	number: number;
}

const TOPIC = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const NUMBER = /^[1-9][0-9]{0,15}$/;

/** The same for other readers. Of numbers it allows a few more than an id can have: those beyond 2^53 − 1. */
export const TOPIC_PATTERN = TOPIC.source;
export const ID_PATTERN = `${TOPIC.source.slice(0, -1)}:${NUMBER.source.slice(1)}`;

export function isTopic(text: string): boolean {
	return TOPIC.test(text);
}

/** @throws INVALID when the name could not be a topic. */
export function checkTopic(text: unknown, field = 'topic'): string {
	if (typeof text === 'string' && isTopic(text)) return text;
	const expected = `must be 1 to ${LIMITS.topicLength} of A–Z a–z 0–9 . _ - and start with a letter or digit`;
	throw invalid(field, expected, text);
}

export function formatId(topic: string, number: number): string {
	return `${topic}:${number}`;
}

/** That of the last id read; at first what no topic can be. Most ids come in lists of one topic, and comparing costs less than matching. */
let lastTopic = ':';

/** The parts of an id, or undefined when the text cannot be one. */
export function parseId(text: string): JobId | undefined {
	const colon = text.indexOf(':');
	if (colon === -1) return undefined;
	const topic = text.slice(0, colon);
	const digits = text.slice(colon + 1);
	if ((topic !== lastTopic && !isTopic(topic)) || !NUMBER.test(digits)) return undefined;
	lastTopic = topic;
	const number = Number(digits);
	return Number.isSafeInteger(number) ? { topic, number } : undefined;
}

/** @throws INVALID when the text cannot be a job id. */
export function checkId(text: unknown, field = 'id'): JobId {
	const id = typeof text === 'string' ? parseId(text) : undefined;
	if (id === undefined) throw invalid(field, 'must be a job id like emails:1732616363278', text);
	return id;
}
