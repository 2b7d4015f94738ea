import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, ERROR_CODES, isMillraceError, MillraceError } from '../core/errors.ts';
import type { ServerLog } from './context.ts';
import { sendJson } from './reply.ts';

/** What a caller waits at the least before it repeats a refused call, in seconds. */
const RETRY_AFTER_S = 1;

/** Longest text of a refused value that an answer repeats. */
const MAX_VALUE = 80;

/**
 * An error as an answer: `{message}` under the seed's prefix, RFC 9457 problem details elsewhere.
 * Nothing but the error's own message leaves: no stack, no text of an unforeseen error.
 */
export function sendError(error: MillraceError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
	reply.code(error.status);
	if (error.retryable) reply.header('retry-after', retryAfterOf(error));
	if (isSeedUrl(request.url)) return sendJson(reply, JSON.stringify({ message: error.message }));
	return sendJson(reply, JSON.stringify(problemOf(error)), 'application/problem+json');
}

/** In whole seconds, as HTTP has it. */
function retryAfterOf({ retryAfterMs = 0 }: MillraceError): string {
	return String(Math.max(RETRY_AFTER_S, Math.ceil(retryAfterMs / 1_000)));
}

export function isSeedUrl(url: string): boolean {
	return /^\/api\/jobs(?:[/?#]|$)/.test(url);
}

/** The body of an error answer of v1. */
export function problemOf(error: MillraceError): Record<string, unknown> {
	return {
		// Relative to the server, and an anchor of docs/errors.md.
		type: `/errors#${error.code}`,
		title: ERROR_CODES[error.code].title,
		status: error.status,
		detail: error.message,
		code: error.code,
		...(error.invalid === undefined ? {} : { field: error.invalid.field, value: shown(error.invalid.value) }),
	};
}

function shown(value: unknown): unknown {
	if (typeof value === 'object' && value !== null) return describe(value);
	return typeof value === 'string' && value.length > MAX_VALUE ? describe(value) : value;
}

/** Any thrown value as the one error that callers see. What nobody foresaw is logged here and becomes INTERNAL. */
export function toMillraceError(error: unknown, request: FastifyRequest, log: ServerLog, maxBodyBytes: number) {
	const known = isMillraceError(error) ? error : fromFramework(error, request, maxBodyBytes);
	if (known !== undefined && known.code !== 'INTERNAL') return known;
	log.error({ err: error, method: request.method, url: request.url }, 'a request failed unexpectedly');
	return known ?? new MillraceError('INTERNAL', 'The server failed on this request; its log has the details');
}

/** Fastify's own refusals in our words; undefined for what is not a refusal. */
function fromFramework(error: unknown, request: FastifyRequest, maxBodyBytes: number): MillraceError | undefined {
	if (!(error instanceof Error)) return undefined;
	const { code, statusCode } = error as Error & { code?: string; statusCode?: number };
	switch (code) {
		case 'FST_ERR_CTP_BODY_TOO_LARGE':
			return tooLarge(request, maxBodyBytes);
		case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
			return unsupportedMediaType(request);
		case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
			return refusedHeader(request, 'content-length', 'does not match the length of the body');
		case 'FST_ERR_BAD_URL':
			return new MillraceError('INVALID', `The path is not valid percent-encoding, received ${describe(request.url)}`, {
				invalid: { field: 'url', value: request.url },
			});
		default:
			return isClientFault(statusCode) ? new MillraceError('INVALID', error.message) : undefined;
	}
}

function isClientFault(status: number | undefined): boolean {
	return status !== undefined && status >= 400 && status < 500;
}

function tooLarge(request: FastifyRequest, maxBodyBytes: number): MillraceError {
	const length = request.headers['content-length'];
	const received = length === undefined ? 'more' : `${length} bytes`;
	return new MillraceError('TOO_LARGE', `body must be at most ${maxBodyBytes} bytes, received ${received}`, {
		invalid: { field: 'body', value: received },
	});
}

export function unsupportedMediaType(request: FastifyRequest): MillraceError {
	const value = request.headers['content-type'];
	const message = `content-type must be application/json in UTF-8, received ${describe(value)}`;
	return new MillraceError('UNSUPPORTED_MEDIA_TYPE', message, { invalid: { field: 'content-type', value } });
}

function refusedHeader(request: FastifyRequest, name: string, what: string): MillraceError {
	const value = request.headers[name];
	return new MillraceError('INVALID', `${name} ${what}, received ${describe(value)}`, {
		invalid: { field: name, value },
	});
}
