import { Agent, request as send } from 'node:http';
import type { Request } from './requests.ts';

export interface Answer {
	status: number;
	type: string;
	text: string;
	/** Untyped: its shape is what is tested. undefined for what is no JSON. */
	json: ReturnType<typeof JSON.parse>;
}

/** Long enough for any answer: none of these requests waits. */
const PATIENCE_MS = 30_000;

/** Sends requests over connections that are kept. */
export class HttpClient {
	readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
	readonly #url: URL;
	readonly #key: string;

	/** @param key goes along unless a request says otherwise */
	constructor(url: string, key: string) {
		this.#url = new URL(url);
		this.#key = key;
	}

	send({ route, path, query, headers, body }: Request): Promise<Answer> {
		return this.raw(route.method, `${path}${query === '' ? '' : `?${query}`}`, headers, body);
	}

	/** A request of the fuzzer's own. */
	async ask(method: string, path: string, value?: unknown): Promise<Answer> {
		const type: Record<string, string> = value === undefined ? {} : { 'content-type': 'application/json' };
		const answer = await this.raw(method, path, type, value === undefined ? undefined : JSON.stringify(value));
		if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
		return answer;
	}

	/** @param path goes out as it is: no client mends it */
	raw(method: string, path: string, headers: Record<string, string>, body?: string | Buffer): Promise<Answer> {
		return new Promise((done, fail) => {
			const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
			const call = send({
				host: this.#url.hostname,
				port: this.#url.port,
				path,
				method,
				agent: this.#agent,
				headers: { authorization: `Bearer ${this.#key}`, ...length, ...headers },
				timeout: PATIENCE_MS,
			});
			call.on('timeout', () => call.destroy(new Error(`${method} ${path} was not answered in ${PATIENCE_MS} ms`)));
			call.on('error', fail);
			call.on('response', (response) => {
				const parts: Buffer[] = [];
				response.on('data', (part) => parts.push(part));
				response.on('error', fail);
				response.on('end', () => {
					const text = Buffer.concat(parts).toString();
					const type = response.headers['content-type'] ?? '';
					done({ status: response.statusCode ?? 0, type, text, json: parsed(text) });
				});
			});
			call.end(body);
		});
	}

	close(): void {
		this.#agent.destroy();
	}
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
