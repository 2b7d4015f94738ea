import { ErrorReply } from 'redis';
import { MillraceError } from '../../core/errors.ts';

/** True when the connection is at fault, so that nothing is known of what was sent over it. */
export function isConnectionError(problem: unknown): boolean {
	return !(problem instanceof ErrorReply) && !(problem instanceof MillraceError);
}

const DEMOTED = /^(READONLY|UNBLOCKED)\b|^ERR WAIT(AOF)? cannot be used with replica/;

/** True when the server has become a replica: it did nothing, and whoever took its place is found by connecting anew. */
export function isDemoted(problem: unknown): boolean {
	return problem instanceof ErrorReply && DEMOTED.test(problem.message);
}

/** Answers by which Redis says that it did nothing now and may do it later. */
const NOT_NOW = /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|MISCONF)\b/;

/** Redis' own word for a script that it does not hold. */
export function isMissingScript(problem: unknown): boolean {
	return problem instanceof ErrorReply && problem.message.startsWith('NOSCRIPT');
}

/** The same for a function. */
export function isMissingFunction(problem: unknown): boolean {
	return problem instanceof ErrorReply && problem.message === 'ERR Function not found';
}

/** True when this user may not run the command, or the server has none of that name. */
export function isRefusal(problem: unknown): boolean {
	return problem instanceof ErrorReply && /^(NOPERM|ERR unknown command)/.test(problem.message);
}

/** True when the server wants a password and got none. */
export function isNoAuth(problem: unknown): boolean {
	return problem instanceof ErrorReply && problem.message.startsWith('NOAUTH');
}

/** What an error answer of Redis means for the caller. Anything else is passed on. */
export function explainReply(problem: unknown): unknown {
	if (!(problem instanceof ErrorReply)) return problem;
	const { message } = problem;
	if (message.startsWith('OOM')) {
		const text =
			'Redis has reached its maxmemory and refused the push; complete or delete jobs, or give it more memory.';
		return new MillraceError('STORE_FULL', text, { cause: problem });
	}
	if (NOT_NOW.test(message))
		return new MillraceError('UNAVAILABLE', `Redis refused for now: ${message}`, { cause: problem });
	if (message.startsWith('WRONGTYPE')) {
		const text = `A key of Millrace holds something else (${message}); use another database or prefix.`;
		return new MillraceError('STORE_REFUSED', text, { cause: problem });
	}
	return new MillraceError('INTERNAL', `Redis answered: ${message}`, { cause: problem });
}

/** The address without its password, for messages. */
export function withoutPassword(url: string): string {
	return url.replace(/^([a-z+]+:\/\/).*@/i, '$1').replace(/[?#].*$/, '');
}

export function messageOf(problem: unknown): string {
	if (problem instanceof AggregateError && problem.errors.length > 0) return messageOf(problem.errors[0]);
	if (problem instanceof Error && problem.message !== '') return problem.message;
	return 'no answer';
}

/** Why there is no connection, in one line that says what to do. */
export function explainConnectError(problem: unknown, url: string): MillraceError {
	if (problem instanceof MillraceError) return problem;
	const address = withoutPassword(url);
	if (problem instanceof ErrorReply && /^(WRONGPASS|NOAUTH|NOPERM)/.test(problem.message)) {
		const text = `Redis at ${address} refused the credentials: ${problem.message}`;
		return new MillraceError('STORE_REFUSED', text, { cause: problem });
	}
	const text = `Redis at ${address} cannot be reached (${messageOf(problem)}); check that it runs and that the URL is right.`;
	return new MillraceError('UNAVAILABLE', text, { cause: problem });
}
