import type { HttpClient } from './client.ts';
import type { Request } from './requests.ts';

/** A caller who is not to be served. */
export interface Stranger {
	who: string;
	authorization: string | undefined;
	statuses: number[];
	/** Its key is good for other topics: what names none of the others it may ask for. */
	hasOwn: boolean;
}

/** Stands in every key that is sent and must be in no log. */
export const CANARY = 'canary0123456789canary0123456789canaryX-y_z';

/** Callers without a good key, and one whose key is for other topics. Also gives the secrets that were made. */
export async function strangers(client: HttpClient): Promise<{ callers: Stranger[]; secrets: string[] }> {
	const make = async (allow: string[], more: object = {}) => {
		return (await client.ask('POST', '/v1/keys', { name: 'fuzz', allow, ...more })).json;
	};
	const [foreign, revoked, expired, narrow] = [
		await make(['admin:foreign*']),
		await make(['admin:*']),
		await make(['admin:*'], { expiresInMs: 1 }),
		await make(['admin:*'], { deny: ['admin:*'] }),
	];
	await client.ask('DELETE', `/v1/keys/${revoked.key.id}`);
	const none = [401];
	const bearer = (secret: string) => `Bearer ${secret}`;
	const callers: [who: string, authorization: string | undefined, statuses: number[], hasOwn?: boolean][] = [
		['nobody', undefined, none],
		['an empty key', '', none],
		['another scheme', `Basic ${CANARY}`, none],
		['nonsense', bearer(CANARY), none],
		['an unknown key', bearer(`mr_0123456789abcdef_${CANARY}`), none],
		['a good id with another secret', bearer(`mr_${foreign.key.id}_${CANARY}`), none],
		['a good key and more', `${bearer(foreign.secret)} ${CANARY}`, none],
		['a revoked key', bearer(revoked.secret), none],
		['an expired key', bearer(expired.secret), none],
		['a key that is denied all', bearer(narrow.secret), [403]],
		['a key for other topics', bearer(foreign.secret), [403], true],
	];
	return {
		callers: callers.map(([who, authorization, statuses, hasOwn = false]) => ({
			who,
			authorization,
			statuses,
			hasOwn,
		})),
		secrets: [CANARY, ...[foreign, revoked, expired, narrow].map(({ secret }) => secret)],
	};
}

/** The request, as that caller makes it. */
export function madeBy({ authorization }: Stranger, request: Request): Request {
	return { ...request, headers: { ...request.headers, authorization: authorization ?? '' } };
}
