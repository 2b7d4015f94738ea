import type { IncomingMessage, ServerResponse } from 'node:http';
import { MillraceError } from '../core/errors.ts';
import { ROUTES } from './access/routes.ts';
import { isSeedUrl, problemOf } from './problem.ts';
import { type ServiceOptions, startService } from './service.ts';

/** Express middleware that serves the whole Millrace API. */
export interface MillraceMiddleware {
	(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
	/**
	 * Ends the queue: long polls are answered, requests under way finished, the store closed. Call it when the app
	 * stops, next to `server.close()`. Requests that come later get 503. Never throws.
	 */
	close(): Promise<void>;
}

/** The paths that Millrace answers; all others are the app's own. */
const OWN_PATHS = [...new Set(Object.keys(ROUTES).map(fixedPart))];

/** What of a route's path is the same in all of its requests. */
function fixedPart(route: string): string {
	return route.replace(/^[A-Z]+ /, '').replace(/\/:.*$/, '');
}

/** How long `close` waits for requests that came through Express, in ms. */
const DRAIN_MS = 4_500;

/**
 * Mounts the queue on an Express app, at its root or under a prefix:
 *
 *     app.use(await millrace('sqlite:./jobs.db'));
 *     app.use('/queue', await millrace({ store: 'redis://127.0.0.1:6379', leaseMs: 30_000 }));
 *
 * Mount it before `express.json()`: payloads are kept byte for byte, so Millrace reads the body itself.
 * The store is open and its maintenance runs when the promise resolves; `close` ends both.
 *
 * @param options a store URL, or `ServiceOptions`
 * @throws INVALID, UNAVAILABLE or STORE_REFUSED as `startService` does
 */
export async function millrace(options: string | ServiceOptions): Promise<MillraceMiddleware> {
	const service = await startService(typeof options === 'string' ? { store: options } : options);
	const underWay = new Set<ServerResponse>();

	function middleware(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void {
		const url = request.url ?? '/';
		if (!isOwnPath(url)) {
			next();
		} else if (request.readableDidRead) {
			refuseReadBody(url, response);
		} else {
			underWay.add(response);
			response.once('close', () => underWay.delete(response));
			service.app.routing(request, response);
		}
	}

	async function close(): Promise<void> {
		const closed = service.app.close();
		// The app's own server has no connections here, so the app does not know what is under way.
		await emptied(underWay, DRAIN_MS);
		await closed;
		await service.close();
	}

	return Object.assign(middleware, { close });
}

function isOwnPath(url: string): boolean {
	const path = url.split(/[?#]/, 1)[0] ?? '';
	return OWN_PATHS.some((own) => path === own || path.startsWith(`${own}/`));
}

function refuseReadBody(url: string, response: ServerResponse): void {
	const error = new MillraceError(
		'INTERNAL',
		'A body parser has read the request before Millrace: mount millrace(…) before express.json()',
	);
	const seed = isSeedUrl(url);
	const body = JSON.stringify(seed ? { message: error.message } : problemOf(error));
	response.writeHead(error.status, { 'content-type': seed ? 'application/json' : 'application/problem+json' });
	response.end(body);
}

async function emptied(underWay: Set<ServerResponse>, ms: number): Promise<void> {
	const ended = Promise.all([...underWay].map((response) => new Promise((resolve) => response.once('close', resolve))));
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise((resolve) => {
		timer = setTimeout(resolve, ms);
	});
	await Promise.race([ended, late]);
	clearTimeout(timer);
}
