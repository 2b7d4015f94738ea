/** What each code means to a caller. `docs/errors.md` is held equal to this table by a test. */
export const ERROR_CODES = {
	INVALID: { status: 400, retryable: false, title: 'The request is not valid' },
	UNAUTHENTICATED: { status: 401, retryable: false, title: 'The request has no key that is good here' },
	FORBIDDEN: { status: 403, retryable: false, title: 'The key is not for this' },
	NOT_FOUND: { status: 404, retryable: false, title: 'There is no such thing' },
	WRONG_STATE: { status: 409, retryable: false, title: 'The job is not in a state that allows this' },
	REQUEST_TIMEOUT: { status: 408, retryable: true, title: 'The request did not arrive in time; nothing was done' },
	TOO_LARGE: { status: 413, retryable: false, title: 'The request is larger than the limit' },
	UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false, title: 'The body is not application/json' },
	IDEMPOTENCY_CONFLICT: { status: 422, retryable: false, title: 'The idempotency key belongs to another request' },
	TOPIC_FULL: { status: 429, retryable: true, title: 'The topic has no room for these jobs; nothing was stored' },
	TOO_MANY_REQUESTS: { status: 429, retryable: true, title: 'There were too many requests; nothing was done' },
	HEADERS_TOO_LARGE: { status: 431, retryable: false, title: 'The headers are larger than the limit' },
	INTERNAL: { status: 500, retryable: false, title: 'Millrace failed; this is a bug' },
	UNAVAILABLE: { status: 503, retryable: true, title: 'The store cannot be reached; nothing was done' },
	AMBIGUOUS: { status: 503, retryable: true, title: 'The store did not answer; the change may have been made' },
	CLOSED: { status: 503, retryable: true, title: 'The server is shutting down; nothing was done' },
	STORE_FULL: { status: 507, retryable: true, title: 'The store is full; nothing was done' },
	STALE_LEASE: { status: 409, retryable: false, title: 'The delivery has ended; another may be under way' },
	JOB_DEAD: { status: 409, retryable: false, title: 'The job is dead and has no result' },
	JOB_CANCELLED: { status: 409, retryable: false, title: 'The job was cancelled' },
	TIMEOUT: { status: 504, retryable: true, title: 'The wait ended before the job did' },
	STORE_REFUSED: { status: 500, retryable: false, title: 'The store cannot be used as it is' },
} as const satisfies Record<string, { status: number; retryable: boolean; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Where the refused value stood (`jobs[0].priority`) and what it was. */
export interface InvalidField {
	field: string;
	value: unknown;
}

interface ErrorDetails {
	cause?: unknown;
	invalid?: InvalidField;
	retryAfterMs?: number | undefined;
}

const BRAND = Symbol.for('millrace.error');

/**
 * The one error that Millrace throws. `code` is stable and is what programs test; `message` tells a person
 * what happened, what was received and what to do. `retryable` says whether the same call may succeed later.
 */
export class MillraceError extends Error {
	override readonly name = 'MillraceError';
	readonly code: ErrorCode;
	readonly invalid: InvalidField | undefined;
	/** How long to wait before the same call is made again, in ms, where a server has said so. */
	readonly retryAfterMs: number | undefined;
	readonly [BRAND] = true;

	constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
		super(message, details.cause === undefined ? undefined : { cause: details.cause });
		this.code = code;
		this.invalid = details.invalid;
		this.retryAfterMs = details.retryAfterMs;
	}

	get status(): number {
		return ERROR_CODES[this.code].status;
	}

	get retryable(): boolean {
		return ERROR_CODES[this.code].retryable;
	}
}

/** True for a MillraceError of any copy of this package: `instanceof` fails when two copies are installed. */
export function isMillraceError(error: unknown): error is MillraceError {
	return typeof error === 'object' && error !== null && BRAND in error;
}

/** A refused input: names the field, what was expected and the value that came instead. */
export function invalid(field: string, expected: string, value: unknown): MillraceError {
	const message = `${field} ${expected}, received ${describe(value)}`;
	return new MillraceError('INVALID', message, { invalid: { field, value } });
}

const MAX_SHOWN = 80;

/** A short printable form of any value, for messages. */
export function describe(value: unknown): string {
	if (value === undefined) return 'nothing';
	const text = printed(value);
	return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}… (${text.length} characters)`;
}

function printed(value: unknown): string {
	try {
		return JSON.stringify(value) ?? String(value);
	} catch {
		// A BigInt, a cycle, or a toJSON that throws.
		return typeof value === 'bigint' ? `${value}n` : 'a value that JSON cannot hold';
	}
}
