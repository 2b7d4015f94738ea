import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkTopic } from '../core/ids.ts';

/** Schemas of what goes into a topic's jobs and of what comes out, of any library that speaks Standard Schema. */
export interface TopicSchemas<I extends StandardSchemaV1, O extends StandardSchemaV1> {
	/** Checked at the push, and again before the handler, which gets what the schema makes of it. */
	input?: I;
	/** Checked when the handler returns, and again by `result()`. */
	output?: O;
}

/**
 * A topic with types, shared by those who push and those who work.
 *
 * - `Input`: what `push` takes, and what is stored
 * - `Data`: what the handler gets (the schema's output)
 * - `Returned`: what the handler returns, and what is stored as the result
 * - `Result`: what `result()` gives
 */
export interface Topic<Input = unknown, Data = unknown, Returned = unknown, Result = unknown> {
	readonly name: string;
	readonly input: StandardSchemaV1<Input, Data> | undefined;
	readonly output: StandardSchemaV1<Returned, Result> | undefined;
}

/** A topic's definition, or only its name: then data and results are `unknown`. */
export type TopicLike<I, D, R, O> = Topic<I, D, R, O> | string;

type InputOf<S extends StandardSchemaV1> = StandardSchemaV1.InferInput<S>;
type OutputOf<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>;

/**
 * Names a topic and what its jobs carry. Without a schema, data and results are `unknown`.
 *
 * @throws INVALID when the name can't be a topic's
 */
export function topic<
	I extends StandardSchemaV1 = StandardSchemaV1<unknown, unknown>,
	O extends StandardSchemaV1 = StandardSchemaV1<unknown, unknown>,
>(name: string, schemas: TopicSchemas<I, O> = {}): Topic<InputOf<I>, OutputOf<I>, InputOf<O>, OutputOf<O>> {
	return {
		name: checkTopic(name),
		input: schemas.input as StandardSchemaV1<InputOf<I>, OutputOf<I>> | undefined,
		output: schemas.output as StandardSchemaV1<InputOf<O>, OutputOf<O>> | undefined,
	};
}

export function asTopic<I, D, R, O>(topicOrName: TopicLike<I, D, R, O>): Topic<I, D, R, O> {
	return typeof topicOrName === 'string' ? (topic(topicOrName) as Topic<I, D, R, O>) : topicOrName;
}
