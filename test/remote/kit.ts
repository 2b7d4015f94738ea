import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { batching } from '../../src/engine/batching.ts';
import type { Engine, TakeRequest } from '../../src/engine/engine.ts';
import { RemoteEngine, type RemoteEngineOptions } from '../../src/engine/remote/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { createServer, type ServerOptions } from '../../src/server/app.ts';
import { gate } from '../support/gate.ts';

export const TAKE: TakeRequest = { topics: ['emails'], max: 2, leaseMs: 30_000 };

interface Running {
	port: number;
	/** The store as it is, behind all that may happen on the way. */
	inner: Engine;
	/** The status of each answer so far, also of those that nobody waits for any more. */
	answered: number[];
}

/** A server on a store in memory. */
export async function startServer(options: Partial<ServerOptions> = {}): Promise<Running> {
	const inner = batching(new SqliteEngine({ path: ':memory:' }));
	await inner.open();
	const app = createServer({ engine: inner, defaults: { leaseMs: 60_000, maxAttempts: 4 }, ...options });
	const answered: number[] = [];
	app.addHook('onSend', async (_request, reply) => void answered.push(reply.statusCode));
	await app.listen({ host: '127.0.0.1', port: 0 });
	onTestFinished(async () => {
		app.server.closeAllConnections();
		await app.close();
		await inner.close();
	});
	return { port: (app.server.address() as AddressInfo).port, inner, answered };
}

/** A RemoteEngine that is closed when the test has finished. */
export function remote(port: number, options: Partial<RemoteEngineOptions> = {}): RemoteEngine {
	const engine = new RemoteEngine({ url: `http://127.0.0.1:${port}`, deadlineMs: 3_000, ...options });
	onTestFinished(() => engine.close());
	return engine;
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A server that answers as the test says, and may change its mind. */
export class FakeServer {
	answer: Answer;
	readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string; at: number }[] =
		[];
	readonly #server = createHttp((request, response) => void this.#serve(request, response));

	private constructor(answer: Answer) {
		this.answer = answer;
	}

	static async start(answer: Answer): Promise<FakeServer> {
		const fake = new FakeServer(answer);
		await listen(fake.#server);
		onTestFinished(() => fake.#server.closeAllConnections());
		return fake;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		let body = '';
		for await (const chunk of request) body += chunk;
		const { method = '', url = '', headers } = request;
		this.requests.push({ method, url, headers, body, at: performance.now() });
		this.answer(request, response, body);
	}
}

/** An answer with a text, whatever the request. */
export function says(status: number, text: string, headers: Record<string, string> = {}): Answer {
	return (_request, response) => void response.writeHead(status, headers).end(text);
}

/** The answer of a server that is ready, or has stored the one job that was pushed. */
export const READY: Answer = (request, response) => {
	const pushed = { batches: [{ status: 'created', jobs: [{ id: 'emails:1', state: 'waiting' }] }] };
	const body = request.url === '/readyz' ? { status: 'ok' } : pushed;
	response.writeHead(200, { 'content-type': 'application/json' });
	response.end(JSON.stringify({ ...body, durability: 'fsynced' }));
};

/** Takes connections and whatever they bring, and never says a word. */
export async function blackHole(): Promise<{ port: number; swallowed: Promise<void> }> {
	const sockets = new Set<Socket>();
	const { opened: swallowed, open } = gate();
	const server = createTcp((socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
		socket.on('data', () => open());
	});
	await listen(server);
	onTestFinished(() => {
		for (const socket of sockets) socket.destroy();
	});
	return { port: (server.address() as AddressInfo).port, swallowed };
}

/** A port at which nobody listens. */
export async function closedPort(): Promise<number> {
	const server = createTcp();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}

async function listen(server: Server): Promise<void> {
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => void server.close());
}

/** What a call ended with, and after how many ms. */
export async function timed<T>(call: Promise<T>) {
	const began = performance.now();
	const [result] = await Promise.allSettled([call]);
	const ms = performance.now() - began;
	if (result.status === 'fulfilled') return { ms, value: result.value };
	const { code, message, retryAfterMs } = result.reason;
	return { ms, error: { code, message, retryAfterMs } as { code: string; message: string; retryAfterMs?: number } };
}
