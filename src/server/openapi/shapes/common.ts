import Type, { type TSchema } from 'typebox';
import { LIMITS } from '../../../core/limits.ts';
import { Instant, Key } from '../../../core/options.ts';
import { nullable } from '../route.ts';
import { say } from '../schema.ts';

/** Any JSON, with the bytes that it was pushed or handed in with. */
export function payload(description: string) {
	return Type.Unknown({ description });
}

export const Text = Type.String();

/** Epoch milliseconds by the store's clock. */
export const at = (description: string) => say(Instant, description);

export const atOrNever = (description: string) => say(nullable(Instant), description);

export const count = (description: string) => Type.Integer({ minimum: 0, description });

export const Durability = Type.Union([Type.Literal('memory'), Type.Literal('fsynced'), Type.Literal('replicated')], {
	component: 'Durability',
	about:
		'What an answered push is worth: lost with the process of the store (`memory`), on disk (`fsynced`), or on another machine too (`replicated`).',
});

/** @param name of the field that holds the page */
export function pageOf(name: string, item: TSchema) {
	return Type.Object({
		[name]: Type.Array(item),
		nextCursor: say(nullable(Text), 'Where the next page begins; null after the last one.'),
	});
}

/** Of every PATCH. */
export const PATCH_WORDS = 'A value sets, null goes back to the default, an absent field stays.';

export const PAGE_WORDS = {
	cursor: '`nextCursor` of the page before. Default: the first page.',
	limit: `How many at the most. Default ${LIMITS.defaultPageSize}.`,
};

export const IDEMPOTENCY_KEY = {
	'Idempotency-Key': say(Key, 'The same request under the same key is done once, and answered each time.'),
};
