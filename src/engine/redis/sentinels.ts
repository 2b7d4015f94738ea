import { MillraceError } from '../../core/errors.ts';
import type { Address } from './address.ts';
import { type Client, destroy, newClient } from './client.ts';
import { within } from './deadline.ts';
import { isNoAuth, messageOf } from './replies.ts';
import type { SentinelUrl } from './url.ts';

/** How long one sentinel may take to answer, and a server to say what it is. */
const ANSWER_MS = 1_000;

/**
 * Finds the primary as Redis asks clients to: the sentinels are asked in turn, whoever answers is asked first the next time, and the
 * server must say itself that it is a primary.
 */
export class Sentinels implements Address {
	readonly #url: SentinelUrl;
	/** In the order in which they are asked. */
	#hosts: string[];

	constructor(url: SentinelUrl) {
		this.#url = url;
		this.#hosts = url.sentinels;
	}

	async find(withinMs: number): Promise<string> {
		const { scheme, credentials, database, name } = this.#url;
		const eachMs = Math.min(ANSWER_MS, withinMs / this.#hosts.length);
		const said: string[] = [];
		for (const host of this.#hosts) {
			try {
				const address = await this.#ask(host, eachMs);
				if (address !== null) {
					this.#hosts = [host, ...this.#hosts.filter((other) => other !== host)];
					return `${scheme}://${credentials}${address}${database}`;
				}
				said.push(`${host} knows no primary of that name`);
			} catch (problem) {
				said.push(`${host}: ${messageOf(problem)}`);
			}
		}
		const advice = 'check that they run and that the name in the URL is the one that they monitor.';
		throw new MillraceError('UNAVAILABLE', `No sentinel says where ${name} is (${said.join('; ')}); ${advice}`);
	}

	async check(client: Client): Promise<void> {
		const reply = await within(ANSWER_MS, client.sendCommand(['ROLE']));
		const role = Array.isArray(reply) ? String(reply[0]) : 'unknown';
		if (role === 'master') return;
		const [asked = '', ...others] = this.#hosts;
		this.#hosts = [...others, asked];
		const message = `The sentinel ${asked} names a server as the primary of ${this.#url.name} that says it is a ${role}; a failover may be under way.`;
		throw new MillraceError('UNAVAILABLE', message);
	}

	/** Sentinels mostly have no password, and refuse one then; where they want one it is that of the servers. */
	async #ask(host: string, withinMs: number): Promise<string | null> {
		const { scheme, credentials, name } = this.#url;
		const until = performance.now() + withinMs;
		try {
			return await askOne(`${scheme}://${host}`, name, withinMs);
		} catch (problem) {
			if (!isNoAuth(problem) || credentials === '') throw problem;
			return askOne(`${scheme}://${credentials}${host}`, name, until - performance.now());
		}
	}
}

/** `host:port` of the primary; null when the sentinel knows none of that name. */
async function askOne(url: string, name: string, withinMs: number): Promise<string | null> {
	const client = newClient(url);
	// Without a listener an error of the socket would end the process.
	client.on('error', () => {});
	const asked = async () => {
		await client.connect();
		return client.sendCommand(['SENTINEL', 'get-master-addr-by-name', name]);
	};
	try {
		const reply = await within(withinMs, asked());
		if (!Array.isArray(reply)) return null;
		const [host, port] = reply.map(String);
		return host?.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
	} finally {
		destroy(client);
	}
}
