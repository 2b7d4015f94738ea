import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import secureJson from 'secure-json-parse';
import { describe, MillraceError } from '../core/errors.ts';
import { asRawJson, countMembers, type RawJson, shapeOf } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { pathOf, refuse } from '../core/refuse.ts';
import { refuseDuplicates } from './duplicates.ts';
import { unsupportedMediaType } from './problem.ts';

/** A request body: parsed once to check it, and as it was written, to cut payloads out of. */
export interface JsonBody {
	value: unknown;
	text: RawJson;
}

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i;
const BYTE_ORDER_MARK = 0xfeff;

/** Makes the app read `application/json` bodies as `JsonBody`, and refuse every other type. */
export function parseBodies(app: FastifyInstance): void {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
		try {
			done(null, parseBody(request, bytes));
		} catch (error) {
			done(error as Error);
		}
	});
}

function parseBody(request: FastifyRequest, bytes: Buffer): JsonBody | undefined {
	const type = request.headers['content-type'] ?? '';
	if (type !== 'application/json' && !JSON_TYPE.test(type)) throw unsupportedMediaType(request);
	if (bytes.length === 0) return undefined;
	if (!isUtf8(bytes)) throw new MillraceError('INVALID', 'body must be UTF-8; it holds bytes that are not');
	const decoded = bytes.toString('utf8');
	const text = decoded.charCodeAt(0) === BYTE_ORDER_MARK ? decoded.slice(1) : decoded;
	const body = { value: parseJson(text), text: asRawJson(text) };
	checkShape(body);
	return body;
}

function parseJson(text: string): unknown {
	try {
		return secureJson.parse(text, undefined, { protoAction: 'error', constructorAction: 'error' });
	} catch (error) {
		throw forbiddenKey(text) ?? malformed(text, error);
	}
}

/**
 * Readers differ in what they do with deep nesting, and with a key that stands twice: what one of them checks another may not see.
 * @throws INVALID
 */
function checkShape({ value, text }: JsonBody): void {
	const { depth, members } = shapeOf(text);
	if (depth > LIMITS.bodyDepth) {
		const message = `body must nest at most ${LIMITS.bodyDepth} deep, received ${depth} levels`;
		throw new MillraceError('INVALID', message, { invalid: { field: 'body', value: depth } });
	}
	if (members !== countMembers(value)) refuseDuplicates(text);
}

function malformed(text: string, error: unknown): MillraceError {
	const reason = error instanceof Error ? error.message : String(error);
	const message = `body must be JSON, received ${describe(text)} (${reason.slice(0, 120)})`;
	return new MillraceError('INVALID', message, { invalid: { field: 'body', value: text.slice(0, 80) } });
}

/** The refusal of a key that could reach a prototype in some reader of the payload; undefined when there is none. */
function forbiddenKey(text: string): MillraceError | undefined {
	let parsed: unknown;
	try {
		parsed = JSON.parse(text);
	} catch {
		return undefined;
	}
	// A list of what is left to visit: a body may nest deeper than calls can.
	const left = [{ at: '', value: parsed }];
	for (let next = left.pop(); next !== undefined; next = left.pop()) {
		const { at, value } = next;
		if (typeof value !== 'object' || value === null) continue;
		for (const [key, member] of Object.entries(value)) {
			const path = Array.isArray(value) ? pathOf(at, Number(key)) : pathOf(at, key);
			if (key === '__proto__') return refuse(path, 'is a forbidden key', member);
			if (key === 'constructor' && holdsPrototype(member)) {
				return refuse(`${path}.prototype`, 'is a forbidden key', Reflect.get(member, 'prototype'));
			}
			left.push({ at: path, value: member });
		}
	}
	return undefined;
}

function holdsPrototype(value: unknown): value is object {
	return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}

/**
 * The body of a request that needs one.
 * @throws INVALID when there is none
 */
export function bodyOf(request: FastifyRequest): JsonBody {
	const body = request.body as JsonBody | undefined;
	if (body === undefined) throw refuse('body', 'must be a JSON object', undefined);
	return body;
}

/** The body of a request that needs none; an empty object when there is none. */
export function bodyOrNothing(request: FastifyRequest): JsonBody {
	return (request.body as JsonBody | undefined) ?? { value: {}, text: asRawJson('{}') };
}

/**
 * For requests that say all in their path.
 * @throws INVALID when a body holds anything, which would be ignored
 */
export function refuseBody(request: FastifyRequest): void {
	const body = request.body as JsonBody | undefined;
	if (body === undefined || /^\s*\{\s*\}\s*$/.test(body.text)) return;
	throw refuse('body', 'must be empty for this request', body.value);
}
