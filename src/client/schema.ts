import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, MillraceError } from '../core/errors.ts';

/**
 * What a schema makes of a value; the value itself without a schema.
 *
 * @param what names the value in messages: `data of greet`
 * @throws INVALID with the schema's first complaint
 */
export async function parse<Input, Output>(
	schema: StandardSchemaV1<Input, Output> | undefined,
	value: unknown,
	what: string,
): Promise<Output> {
	if (schema === undefined) return value as Output;
	const result = await schema['~standard'].validate(value);
	if (result.issues === undefined) return result.value;
	const [issue] = result.issues;
	const field = pathOf(issue?.path);
	const message = `${what}${field === '' ? '' : ` at ${field}`}: ${issue?.message ?? 'not valid'}, received ${describe(value)}`;
	throw new MillraceError('INVALID', message, { invalid: { field: field === '' ? 'data' : field, value } });
}

function pathOf(path: StandardSchemaV1.Issue['path']): string {
	const steps = (path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
	return steps.map(String).join('.');
}
