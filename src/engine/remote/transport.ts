import { invalid } from '../../core/errors.ts';
import { asRawJson } from '../../core/json.ts';
import { type Answer, isRecord } from './answers.ts';
import { type Failure, misreadFailure, networkFailure, refusedFailure } from './failures.ts';
import { onStop, type StopSource } from './stop.ts';

export interface TransportOptions {
	/** Where the server is: `https://user:password@host:7420/prefix`. */
	url: string;
	/** Sent with every request, such as `{ authorization: 'Bearer …' }`. */
	headers?: Record<string, string> | undefined;
	/** Replaces the global `fetch`. */
	fetch?: typeof globalThis.fetch | undefined;
}

interface Request {
	method: string;
	path: string;
	body: string | undefined;
	headers: Record<string, string>;
	/** In ms. */
	timeoutMs: number;
	/** Any of them gives the request up. */
	signals: StopSource[];
}

export type Tried = { answer: Answer } | { failure: Failure };

/**
 * Sends single requests, and tells what became of them. It keeps no connections itself: every runtime's `fetch` does that.
 *
 * @throws INVALID from its constructor, for a URL or headers that `fetch` would not take
 */
export class Transport {
	/** The server's URL without a password, for messages. */
	readonly server: string;
	readonly #headers: Record<string, string>;
	readonly #fetch: typeof globalThis.fetch;

	constructor({ url, headers = {}, fetch }: TransportOptions) {
		const { base, credentials } = readUrl(url);
		this.server = base;
		this.#headers = readHeaders({ ...credentials, ...headers });
		// The global is looked up at each call, and called as a function of its own: a method of another object would be refused.
		this.#fetch = fetch ?? ((input, init) => globalThis.fetch(input, init));
	}

	async send({ method, path, body, headers, timeoutMs, signals }: Request): Promise<Tried> {
		const controller = new AbortController();
		const abort = () => controller.abort();
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			abort();
		}, timeoutMs);
		const leave = onStop(signals, abort);
		try {
			const response = await this.#fetch(`${this.server}${path}`, {
				method,
				headers: {
					...this.#headers,
					...headers,
					...(body === undefined ? {} : { 'content-type': 'application/json' }),
				},
				// A redirect would turn a POST into a GET.
				redirect: 'manual',
				signal: controller.signal,
				...(body === undefined ? {} : { body }),
			});
			return this.#read(response, await response.text());
		} catch (error) {
			if (!late) return { failure: networkFailure(error, this.server) };
			const what = `The server at ${this.server} did not answer within ${Math.round(timeoutMs)} ms`;
			return { failure: { what, undone: false, cause: error } };
		} finally {
			clearTimeout(timer);
			leave();
		}
	}

	#read(response: Response, text: string): Tried {
		const { status } = response;
		if (!response.ok) {
			const retryAfter = response.headers.get('retry-after');
			return { failure: refusedFailure({ status, text, retryAfter }, this.server) };
		}
		try {
			const value: unknown = JSON.parse(text);
			if (isRecord(value)) return { answer: { text: asRawJson(text), value } };
		} catch {
			// Told below: a page of a proxy, or half of an answer.
		}
		return { failure: misreadFailure(status, text, this.server) };
	}
}

function readUrl(text: string): { base: string; credentials: Record<string, string> } {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
		throw invalid('store', 'must be the URL of a Millrace server, like http://127.0.0.1:7420', text);
	}
	const { username, password } = url;
	const base = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
	if (username === '' && password === '') return { base, credentials: {} };
	const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
	const bytes = String.fromCharCode(...new TextEncoder().encode(pair));
	return { base, credentials: { authorization: `Basic ${btoa(bytes)}` } };
}

function readHeaders(given: Record<string, string>): Record<string, string> {
	try {
		return Object.fromEntries(new Headers({ accept: 'application/json, application/problem+json', ...given }));
	} catch {
		throw invalid('headers', 'must be names and values that HTTP allows', Object.keys(given));
	}
}
