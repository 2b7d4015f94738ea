import type { Static, TSchema } from 'typebox';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { Check } from 'typebox/value';
import { describe, type MillraceError } from './errors.ts';
import { pathOf, refuse, unknownField } from './refuse.ts';

/** Tells good input from bad by one schema, compiled once. */
export interface Checker<T, S extends TSchema = TSchema> {
	readonly schema: S;
	/**
	 * Returns the value, now typed.
	 *
	 * @param at path of the value in what the caller sent (`jobs[0]`); '' when it is the whole of it
	 * @throws INVALID, with the first field that is wrong, what was expected there and what came instead
	 */
	check(value: unknown, at?: string): T;
}

/**
 * Compiles a schema.
 *
 * A schema's own `expected` text (`must be …`) is used in messages; without one it is derived from the schema.
 *
 * @param root what to call the value when it is wrong as a whole: `body`, `query`
 */
export function checker<S extends TSchema>(schema: S, root = 'body'): Checker<Static<S>, S> {
	const compiled = Compile(schema);
	return {
		schema,
		check(value: unknown, at = ''): Static<S> {
			if (compiled.Check(value)) return value as Static<S>;
			throw explain(schema, value, at, root) ?? refuse(at === '' ? root : at, 'is not valid', value);
		},
	};
}

// The compiled check says only yes or no, which is all that good input needs. For bad input the schema and the value
// are walked side by side, so that the message is ours and not the library's.
function explain(schema: TSchema, value: unknown, at: string, root: string): MillraceError | undefined {
	if (Type.IsObject(schema) && isRecord(value)) {
		const found = explainObject(schema, value, at, root);
		if (found !== undefined) return found;
	}
	if (Type.IsArray(schema) && Array.isArray(value)) {
		for (const [index, item] of value.entries()) {
			const found = explain(schema.items, item, pathOf(at, index), root);
			if (found !== undefined) return found;
		}
	}
	if (Type.IsUnion(schema) && isRecord(value)) {
		const branch = schema.anyOf.find((one) => Type.IsObject(one));
		if (branch !== undefined) return explain(branch, value, at, root);
	}
	if (Check(schema, value)) return undefined;
	return refuse(at === '' ? root : at, expectation(schema), value);
}

function explainObject(
	schema: Type.TObject,
	value: Record<string, unknown>,
	at: string,
	root: string,
): MillraceError | undefined {
	const known = Object.keys(schema.properties);
	const stranger = Object.keys(value).find((key) => !known.includes(key));
	if (stranger !== undefined) return unknownField(pathOf(at, stranger), known, value[stranger]);
	for (const [key, property] of Object.entries(schema.properties)) {
		const field = pathOf(at, key);
		const present = Object.hasOwn(value, key) && value[key] !== undefined;
		if (!present && schema.required?.includes(key)) return refuse(field, expectation(property), undefined);
		const found = present ? explain(property, value[key], field, root) : undefined;
		if (found !== undefined) return found;
	}
	return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expectation(schema: TSchema): string {
	if ('expected' in schema && typeof schema.expected === 'string') return schema.expected;
	if (Type.IsInteger(schema)) return `must be an integer${range(schema)}`;
	if (Type.IsNumber(schema)) return `must be a number${range(schema)}`;
	if (Type.IsArray(schema)) return `must be an array${sizes(schema)}`;
	if (Type.IsObject(schema)) return 'must be an object';
	if (Type.IsString(schema)) return 'must be a string';
	if (Type.IsBoolean(schema)) return 'must be true or false';
	if (Type.IsNull(schema)) return 'must be null';
	if (Type.IsLiteral(schema)) return `must be ${describe(schema.const)}`;
	if (Type.IsUnion(schema)) return eitherOf(schema.anyOf);
	return 'is required';
}

function eitherOf(branches: TSchema[]): string {
	const names = branches.map((one) => (Type.IsLiteral(one) ? String(one.const) : undefined));
	if (!names.includes(undefined)) return `must be one of ${names.join(', ')}`;
	return `must be ${branches.map((one) => expectation(one).replace(/^must be /, '')).join(' or ')}`;
}

function range(schema: TSchema): string {
	const [minimum, maximum] = [bound(schema, 'minimum'), bound(schema, 'maximum')];
	if (minimum === undefined && maximum === undefined) return '';
	return maximum === undefined ? ` of ${minimum} or more` : ` from ${minimum} to ${maximum}`;
}

function sizes(schema: TSchema): string {
	const maxItems = bound(schema, 'maxItems');
	return maxItems === undefined ? '' : ` of ${bound(schema, 'minItems') ?? 0} to ${maxItems} items`;
}

function bound(schema: TSchema, keyword: string): unknown {
	return Reflect.get(schema, keyword);
}
