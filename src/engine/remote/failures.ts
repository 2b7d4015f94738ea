import { describe, ERROR_CODES, type ErrorCode, MillraceError } from '../../core/errors.ts';

/** Why one try of a call has failed. */
export interface Failure {
	/** What happened, as a sentence without its end. */
	what: string;
	/** The server has done nothing, for certain. */
	undone: boolean;
	/** The server's own refusal: it would answer a repetition alike. */
	refusal?: MillraceError;
	/** How long the server asks to be left alone, in ms. */
	retryAfterMs?: number | undefined;
	cause?: unknown;
}

/** Failures of a connection that was never made, by the names that Node, undici and Bun give them. */
const NOT_CONNECTED = new Set([
	...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL'],
	...['UND_ERR_CONNECT_TIMEOUT', 'ConnectionRefused', 'FailedToOpenSocket', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
	...[
		'SELF_SIGNED_CERT_IN_CHAIN',
		'ERR_TLS_CERT_ALTNAME_INVALID',
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'CERT_HAS_EXPIRED',
	],
]);
/** Deno has no codes; these stand in its messages. */
const NOT_CONNECTED_TEXT = /error trying to connect|dns error|connection refused|unable to connect/i;

const MAX_DEPTH = 5;

/** What `fetch` or the reading of its answer threw. A connection that broke after the request had left says nothing about it. */
export function networkFailure(error: unknown, server: string): Failure {
	const undone = isNotConnected(error, MAX_DEPTH);
	const happened = undone ? 'cannot be reached' : 'did not answer: the connection broke';
	return { what: `The server at ${server} ${happened} (${reason(error)})`, undone, cause: error };
}

function isNotConnected(error: unknown, depth: number): boolean {
	if (!(error instanceof Error) || depth === 0) return false;
	const { code, syscall, cause } = error as Error & { code?: unknown; syscall?: unknown };
	// A network can also go away under a connection that was made.
	if (syscall === 'read' || syscall === 'write') return false;
	if (typeof code === 'string' && NOT_CONNECTED.has(code)) return true;
	if (syscall === 'connect' || syscall === 'getaddrinfo' || NOT_CONNECTED_TEXT.test(error.message)) return true;
	if (error instanceof AggregateError && error.errors.length > 0) {
		return error.errors.every((one) => isNotConnected(one, depth - 1));
	}
	return isNotConnected(cause, depth - 1);
}

/** The innermost cause says most: `fetch` itself says only that it failed. */
function reason(error: unknown): string {
	let innermost = error;
	for (let depth = 0; depth < MAX_DEPTH; depth++) {
		if (!(innermost instanceof Error) || !(innermost.cause instanceof Error)) break;
		innermost = innermost.cause;
	}
	const { message, code } = innermost as { message?: unknown; code?: unknown };
	return String(message || code || innermost);
}

/** A status other than success, with what came with it. */
export interface Refused {
	status: number;
	text: string;
	retryAfter: string | null;
}

/** An answer that says no: the server's own problem details, or what something in between made of the request. */
export function refusedFailure(refused: Refused, server: string): Failure {
	const retryAfterMs = delayOf(refused.retryAfter);
	const problem = problemIn(refused.text);
	if (problem !== undefined) return { ...fromProblem(problem, retryAfterMs), retryAfterMs };
	const { status, text } = refused;
	const what = `The server at ${server}, or a proxy before it, answered ${status} (${shown(text)})`;
	if (status === 429) return { what, undone: true, retryAfterMs };
	if (status >= 500 || status === 408) return { what, undone: false, retryAfterMs };
	const code = status === 413 ? 'TOO_LARGE' : 'STORE_REFUSED';
	return { what, undone: true, refusal: new MillraceError(code, `${what}; nothing was done`) };
}

/** An answer that should have been ours and is not. */
export function misreadFailure(status: number, text: string, server: string): Failure {
	return {
		what: `The server at ${server} answered ${status} with what Millrace does not say (${shown(text)})`,
		undone: false,
	};
}

interface Problem {
	code: ErrorCode;
	detail: string;
	field?: unknown;
	value?: unknown;
}

function problemIn(text: string): Problem | undefined {
	let found: unknown;
	try {
		found = JSON.parse(text);
	} catch {
		return undefined;
	}
	const { code, detail } = (found ?? {}) as { code?: unknown; detail?: unknown };
	if (typeof code !== 'string' || typeof detail !== 'string' || !Object.hasOwn(ERROR_CODES, code)) return undefined;
	return found as Problem;
}

function fromProblem({ code, detail, field, value }: Problem, retryAfterMs: number | undefined): Failure {
	// CLOSED would say that this engine is closed. It is the server that is away, and it may come back.
	// A key that is over its rate is good again in a moment.
	if (code === 'UNAVAILABLE' || code === 'CLOSED' || code === 'TOO_MANY_REQUESTS')
		return { what: detail, undone: true };
	if (code === 'AMBIGUOUS') return { what: detail, undone: false };
	const invalid = typeof field === 'string' ? { invalid: { field, value } } : {};
	return { what: detail, undone: true, refusal: new MillraceError(code, detail, { ...invalid, retryAfterMs }) };
}

/** `Retry-After` in ms: seconds, or a date. */
function delayOf(header: string | null): number | undefined {
	if (header === null) return undefined;
	if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
	const at = Date.parse(header);
	return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function shown(text: string): string {
	return text === '' ? 'an empty body' : describe(text);
}
