import Type, { type TObject, type TProperties, type TSchema } from 'typebox';
import type { ErrorCode } from '../../core/errors.ts';
import { say } from './schema.ts';

export type Tag = 'seed' | 'push' | 'work' | 'jobs' | 'topics' | 'groups' | 'operations' | 'keys' | 'health';

/** What one route takes and answers. What a request of any route may be answered stands in `errors.ts`. */
export interface RouteDescription {
	/** Its name in generated clients. */
	id: string;
	tag: Tag;
	/** One line. */
	summary: string;
	/** What else is to be known. */
	description?: string;
	query?: TObject;
	/** Headers that it reads, beyond those of every request. */
	headers?: Record<string, TSchema>;
	body?: RequestBody;
	/** What stands in the answer by status; null for nothing. */
	answers: Readonly<Record<number, Answer>>;
	/** Errors that not every request may have. */
	errors?: readonly ErrorCode[];
}

export interface RequestBody {
	schema: TSchema;
	/** The request may also come without. */
	isOptional?: true;
}

export interface Answer {
	description: string;
	schema: TSchema | null;
}

/** A schema of a reader, with what each of its fields is for. */
export function described<P extends TProperties>(schema: TObject<P>, words: Record<keyof P, string>): TObject<P> {
	const properties = Object.entries(schema.properties).map(([name, one]) => [name, say(one, words[name as keyof P])]);
	return { ...schema, properties: Object.fromEntries(properties) };
}

export function nullable<S extends TSchema>(schema: S) {
	return Type.Union([schema, Type.Null()]);
}

export function answer(description: string, schema: TSchema | null): Answer {
	return { description, schema };
}
