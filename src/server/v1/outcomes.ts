import type { Static } from 'typebox';
import Type from 'typebox';
import { describe, MillraceError } from '../../core/errors.ts';
import { items, type Member, members, type RawJson, rawOf } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, DelayMs, JobIdText, OutcomeWord, Reason, TimeMs, Token } from '../../core/options.ts';
import { pathOf, refuse } from '../../core/refuse.ts';
import type { Outcome, SettleResult } from '../../engine/engine.ts';

export const OutcomeBody = Type.Object(
	{
		id: JobIdText,
		token: Token,
		outcome: OutcomeWord,
		result: Type.Optional(Type.Unknown()),
		error: Type.Optional(Type.Unknown()),
		delayMs: Type.Optional(DelayMs),
		reason: Type.Optional(Reason),
		parkMs: Type.Optional(TimeMs),
	},
	{ ...CLOSED, component: 'Outcome' },
);

/** May be empty: a worker that has done nothing yet hands in nothing. */
export const OutcomeBodies = Type.Array(OutcomeBody, { maxItems: LIMITS.batch });

/** Which outcomes an optional field goes with. */
export const GOES_WITH = {
	result: ['complete'],
	error: ['retry', 'kill'],
	delayMs: ['retry', 'release'],
	reason: ['kill'],
} as const satisfies Record<string, readonly Outcome['outcome'][]>;

/**
 * Checked outcomes, with results and errors as they were written.
 *
 * @param text the array that `bodies` was parsed from
 * @param at its path
 * @throws INVALID for a field that does not go with its outcome, TOO_LARGE for a result or an error over the limit
 */
export function readOutcomes(bodies: Static<typeof OutcomeBodies>, text: RawJson, at: string): Outcome[] {
	const texts = items(text);
	return bodies.map((body, index) => {
		const path = pathOf(at, index);
		checkCombination(body, path);
		const { id, token, outcome, delayMs, reason, parkMs } = body;
		const found = members(texts[index] as RawJson);
		return {
			id,
			token,
			outcome,
			...(delayMs === undefined ? {} : { delayMs }),
			...(reason === undefined ? {} : { reason }),
			...(parkMs === undefined ? {} : { parkMs }),
			...bounded(found, 'result', path),
			...bounded(found, 'error', path),
		};
	});
}

function checkCombination(body: Static<typeof OutcomeBody>, path: string): void {
	for (const [field, outcomes] of Object.entries(GOES_WITH)) {
		const value: unknown = Reflect.get(body, field);
		if (value === undefined || outcomes.some((one) => one === body.outcome)) continue;
		const expected = `goes only with ${outcomes.join(' and ')}, and the outcome is ${body.outcome}`;
		throw refuse(pathOf(path, field), expected, value);
	}
}

/** @throws TOO_LARGE for more than `LIMITS.outcomeBytes` */
export function bounded<K extends 'result' | 'error' | 'progress'>(
	found: Member[],
	key: K,
	path: string,
): Partial<Record<K, RawJson>> {
	const text = rawOf(found, key);
	if (text === undefined) return {};
	const bytes = Buffer.byteLength(text);
	if (bytes <= LIMITS.outcomeBytes) return { [key]: text } as Partial<Record<K, RawJson>>;
	const field = pathOf(path, key);
	const message = `${field} must be at most ${LIMITS.outcomeBytes} bytes, received ${bytes}: ${describe(text)}`;
	throw new MillraceError('TOO_LARGE', message, { invalid: { field, value: bytes } });
}

/** What became of each outcome, in the order they were sent. */
export function settledBody(outcomes: Outcome[], results: SettleResult[]): object[] {
	return results.map((result, index) => ({
		id: outcomes[index]?.id,
		status: result.status,
		...(result.status === 'ok' ? { state: result.state, at: result.at } : {}),
	}));
}
