/** What `redis+sentinel://user:password@host:26379,host:26379/name/0` says. */
export interface SentinelUrl {
	/** How sentinels and servers are spoken to. */
	scheme: 'redis' | 'rediss';
	/** Name and password of the servers, as they stand in the URL; with an `@`, or empty. */
	credentials: string;
	/** Each with its port. */
	sentinels: string[];
	/** By which the sentinels know the primary. */
	name: string;
	/** Number of the database, behind a slash, or empty. */
	database: string;
}

const SENTINEL_PORT = 26_379;
const FORM = /^(rediss?)\+sentinel:\/\/([^@/]*@)?([^@/]+)\/([^/?#]+)(\/\d+)?$/i;

/** null for anything else. */
export function parseSentinelUrl(url: string): SentinelUrl | null {
	const [, scheme = '', credentials = '', hosts = '', name = '', database = ''] = FORM.exec(url) ?? [];
	const sentinels = hosts.split(',').map((host) => (/:\d+$/.test(host) ? host : `${host}:${SENTINEL_PORT}`));
	if (!sentinels.every((host) => URL.canParse(`redis://${credentials}${host}`))) return null;
	try {
		const kind = scheme.toLowerCase() === 'redis' ? 'redis' : 'rediss';
		return scheme === '' ? null : { scheme: kind, credentials, sentinels, name: decodeURIComponent(name), database };
	} catch {
		return null;
	}
}

export function isRedisUrl(url: string): boolean {
	return (/^rediss?:\/\/./.test(url) && URL.canParse(url)) || parseSentinelUrl(url) !== null;
}
