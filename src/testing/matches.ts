/** The parts of a value that a test names. */
export type PartialOf<T> = T extends readonly (infer E)[]
	? readonly PartialOf<E>[]
	: T extends object
		? { [K in keyof T]?: PartialOf<T[K]> }
		: T;

/**
 * True when `actual`, which came out of JSON, has everything that `partial` names: fields of objects at any depth, arrays as
 * a whole. What has an `asymmetricMatch` decides by itself, so `expect.any(String)` and its like work.
 */
export function matches(actual: unknown, partial: unknown): boolean {
	if (Object.is(actual, partial)) return true;
	if (!isObject(partial)) return false;
	if (typeof partial.asymmetricMatch === 'function') return Boolean(partial.asymmetricMatch(actual));
	// A date was stored as its text.
	if (typeof partial.toJSON === 'function') return matches(actual, partial.toJSON());
	if (!isObject(actual) || Array.isArray(actual) !== Array.isArray(partial)) return false;
	if (Array.isArray(actual) && actual.length !== (partial as unknown as unknown[]).length) return false;
	return Object.entries(partial).every(([key, value]) => matches(actual[key], value));
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
