import { ERROR_CODES } from '../../src/core/errors.ts';
import type { Answer } from './client.ts';
import type { Request } from './requests.ts';

/** Statuses that a request which fits its schema never gets. */
const UNFIT = [400, 401, 403, 408, 413, 415, 431];

/** What no caller may see: stacks, and where the server's files are. */
const INSIDE = /\n\s+at \S|node_modules|node:internal|\.[cm]?[jt]s:\d+/;

/** What is wrong with the answer to a request that fits its schema; undefined for nothing. */
export function faultOfGood({ route }: Request, answer: Answer): string | undefined {
	if (!route.answers.has(answer.status)) return `the description has no status ${answer.status}`;
	if (UNFIT.includes(answer.status)) return 'a request that fits its schema was refused';
	return faultOfAny(answer) ?? faultOfBody(route.answers.get(answer.status), answer);
}

/** … and to one that must be refused. */
export function faultOfBad({ route }: Request, answer: Answer, statuses: number[]): string | undefined {
	if (!statuses.includes(answer.status)) return `it must be refused with ${statuses.join(' or ')}`;
	return faultOfAny(answer) ?? faultOfRefusal(answer, route.path.startsWith('/api/jobs'));
}

function faultOfAny({ status, text }: Answer): string | undefined {
	// 507 says that there are as many keys or operations as there may be.
	if (status >= 500 && status !== 507) return 'the server failed';
	return INSIDE.test(text) ? 'it shows the inside of the server' : undefined;
}

function faultOfBody(fits: ReturnType<Request['route']['answers']['get']>, { text, json }: Answer): string | undefined {
	if (fits === undefined) return text === '' ? undefined : 'a body where none belongs';
	if (fits(json)) return undefined;
	return `the answer does not fit: ${JSON.stringify(fits.errors?.slice(0, 3))}`;
}

/** @param mayBeSeed both forms, where the path decides and was what was broken */
function faultOfRefusal({ status, type, json }: Answer, mayBeSeed: boolean): string | undefined {
	if (mayBeSeed && typeof json?.message === 'string' && Object.keys(json).length === 1) return undefined;
	if (!type.startsWith('application/problem+json')) return `its type is ${type}`;
	const known = Object.hasOwn(ERROR_CODES, json?.code) ? ERROR_CODES[json.code as keyof typeof ERROR_CODES] : undefined;
	return known?.status === status && json.status === status ? undefined : 'its code is not one of that status';
}
