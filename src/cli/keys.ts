import type { RequestRate } from '../server/access/bucket.ts';
import type { KeyView } from '../server/access/key.ts';
import { Failure, USAGE_EXIT } from './failure.ts';
import { ask, type ServerOptions } from './server.ts';

type Options = ServerOptions & { json?: true };

interface CreateOptions extends Options {
	name: string;
	allow: string[];
	deny: string[];
	/** In ms. */
	expires?: number;
	/** Requests a second. */
	rate?: number;
	burst?: number;
}

const PATH = '/v1/keys';
const PAGE = 1_000;

/** The secret alone goes to stdout, so that a script can take it; what is for people goes to stderr. */
export async function createKey({ json, ...options }: CreateOptions): Promise<void> {
	const { name, allow, deny, expires, rate, burst, ...server } = options;
	if (burst !== undefined && rate === undefined) throw new Failure('--burst needs --rate as well', USAGE_EXIT);
	const body = {
		name,
		allow,
		deny,
		...(expires === undefined ? {} : { expiresInMs: expires }),
		...(rate === undefined ? {} : { rate: { limit: rate, perMs: 1_000, burst } }),
	};
	const made = await ask<{ key: KeyView; secret: string }>(server, {
		method: 'POST',
		path: PATH,
		body,
		repeatable: false,
	});
	if (json) return print(JSON.stringify(made));
	print(made.secret);
	tell(`Made key ${made.key.id} (${name}), ${endOf(made.key)}. Its secret is shown only now.`);
}

export async function listKeys({ json, ...server }: Options): Promise<void> {
	const keys: KeyView[] = [];
	let cursor: string | null = null;
	do {
		const query: string = new URLSearchParams({
			limit: String(PAGE),
			...(cursor === null ? {} : { cursor }),
		}).toString();
		const page: { keys: KeyView[]; nextCursor: string | null } = await ask(server, {
			method: 'GET',
			path: `${PATH}?${query}`,
			repeatable: true,
		});
		keys.push(...page.keys);
		cursor = page.nextCursor;
	} while (cursor !== null);
	if (json) return print(JSON.stringify({ keys }));
	for (const key of keys) print(lineOf(key));
	if (keys.length === 0) tell('There are no keys.');
}

export async function revokeKey(id: string, { json, ...server }: Options): Promise<void> {
	const path = `${PATH}/${encodeURIComponent(id)}`;
	const { key } = await ask<{ key: KeyView }>(server, { method: 'DELETE', path, repeatable: true });
	if (json) return print(JSON.stringify({ key }));
	tell(`Revoked key ${id} (${key.name}). Every server refuses it within 5 s.`);
}

/** Columns by tabs, which no name can hold. */
function lineOf(key: KeyView): string {
	const denials = key.deny.map((one) => `-${one}`).join(' ');
	const rate = key.rate === undefined ? [] : [rateOf(key.rate)];
	return [key.id, key.name, key.allow.join(' '), denials, endOf(key), ...rate].join('\t');
}

function rateOf({ limit, perMs, burst = limit }: RequestRate): string {
	const per = perMs === 1_000 ? 'a second' : `in ${perMs} ms`;
	return `${limit} requests ${per}, ${burst} at once`;
}

function endOf({ expiresAt, revokedAt }: KeyView): string {
	if (revokedAt !== null) return `revoked ${new Date(revokedAt).toISOString()}`;
	if (expiresAt === null) return 'never expires';
	return `${expiresAt <= Date.now() ? 'expired' : 'expires'} ${new Date(expiresAt).toISOString()}`;
}

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}

function tell(text: string): void {
	process.stderr.write(`${text}\n`);
}
