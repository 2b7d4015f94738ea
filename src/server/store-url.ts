/** The kind of store that a URL names: `memory`, `sqlite` or `redis`. */
export function storeKind(url: string): string {
	const scheme = url.slice(0, Math.max(0, url.indexOf(':')));
	return /^rediss?(\+sentinel)?$/.test(scheme) ? 'redis' : scheme;
}

/** A store URL that may be shown: without its password. */
export function withoutPassword(url: string): string {
	return url.replace(/^([a-z+]+:\/\/[^:@/?#]*):.*@/i, '$1:***@');
}

/** A text that may quote a store URL, made fit to be shown. */
export function redact(text: string, url: string): string {
	const password = /^[a-z+]+:\/\/[^:@/?#]*:(.+)@/i.exec(url)?.[1];
	if (password === undefined) return text;
	return [password, decoded(password)].reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
