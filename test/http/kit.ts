import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { describe, inject, onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { TakenJob } from '../../src/core/job.ts';
import { batching } from '../../src/engine/batching.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { createServer, type ServerOptions } from '../../src/server/app.ts';
import { type TestClock, testClock } from '../support/clock.ts';

type MakeEngine = (clock: Clock) => Engine;

const STORES: [name: string, make: MakeEngine][] = [
	['SQLite', (clock) => new SqliteEngine({ path: ':memory:', clock })],
	['Redis', (clock) => new RedisEngine({ url: inject('redisUrl'), prefix: `t${randomUUID().slice(0, 8)}`, clock })],
];

/** Runs the same tests on every store; `start` gives each test a server on an empty one. */
export function onEachStore(
	name: string,
	tests: (start: (options?: Partial<ServerOptions>) => Promise<Api>) => void,
): void {
	describe.each(STORES)(`${name} on %s`, (_store, make) => {
		tests((options) => startApi(make, options));
	});
}

/** An HTTP API on SQLite in memory, for what no store has a part in. */
export function startOnSqlite(options?: Partial<ServerOptions>): Promise<Api> {
	return startApi((clock) => new SqliteEngine({ path: ':memory:', clock }), options);
}

export interface Answer {
	status: number;
	headers: Record<string, unknown>;
	text: string;
	/** Untyped: its shape is what tests test. */
	json: ReturnType<typeof JSON.parse>;
}

/** A server under test, and its clock, which stands still until a test moves it. */
export class Api {
	readonly app: FastifyInstance;
	readonly engine: Engine;
	readonly clock: TestClock;
	/** Requests that have reached the server over a connection. */
	received = 0;

	constructor(app: FastifyInstance, engine: Engine, clock: TestClock) {
		this.app = app;
		this.engine = engine;
		this.clock = clock;
	}

	/** @param body a value, or JSON text to be sent as it is */
	async send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD', url: string, body?: unknown, headers = {}) {
		const payload =
			body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
		const type = payload === undefined ? {} : { 'content-type': 'application/json' };
		const response = await this.app.inject({
			method,
			url,
			headers: { ...type, ...headers },
			...(payload === undefined ? {} : { payload }),
		});
		return answerOf(response.statusCode, response.headers, response.payload);
	}

	get(url: string) {
		return this.send('GET', url);
	}

	post(url: string, body?: unknown, headers = {}) {
		return this.send('POST', url, body, headers);
	}

	/** Pushes jobs by v1 and gives back their ids. */
	async push(topic: string, ...jobs: object[]): Promise<string[]> {
		const { status, json, text } = await this.post(`/v1/topics/${topic}/jobs`, { jobs });
		if (status !== 201) throw new Error(text);
		return json.jobs.map((job: { id: string }) => job.id);
	}

	async take(topic: string, more: object = {}): Promise<TakenJob[]> {
		const { status, json, text } = await this.post('/v1/take', { topics: [topic], ...more });
		if (status !== 200) throw new Error(text);
		return json.jobs;
	}

	/** The counts of all topics, to see that nothing has changed. */
	async counts(): Promise<unknown> {
		return (await this.get('/v1/topics')).json.topics.map((topic: { topic: string; counts: unknown }) => [
			topic.topic,
			topic.counts,
		]);
	}

	/** Listens on a free loopback port, for tests about connections. */
	async listen(): Promise<string> {
		this.app.server.on('request', () => this.received++);
		await this.app.listen({ host: '127.0.0.1', port: 0 });
		const address = this.app.server.address();
		if (address === null || typeof address === 'string') throw new Error('The server has no port');
		return `http://127.0.0.1:${address.port}`;
	}
}

export function answerOf(status: number, headers: Record<string, unknown>, text: string): Answer {
	const isJson = text !== '' && /json/.test(String(headers['content-type']));
	return { status, headers, text, json: isJson ? JSON.parse(text) : undefined };
}

async function startApi(make: MakeEngine, options: Partial<ServerOptions> = {}): Promise<Api> {
	const clock = testClock();
	const engine = batching(make(clock));
	await engine.open();
	const app = createServer({ engine, defaults: { leaseMs: 60_000, maxAttempts: 4 }, clock, ...options });
	onTestFinished(async () => {
		await app.close();
		await engine.close();
	});
	await app.ready();
	return new Api(app, engine, clock);
}
