import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { expect, onTestFinished, test } from 'vitest';
import { ROUTES } from '../../src/server/access/routes.ts';
import { millrace } from '../../src/server/express.ts';

async function listen(app: Express): Promise<string> {
	const server = app.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => {
		server.close();
		server.closeAllConnections();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function mount(options: Parameters<typeof millrace>[0] = 'memory:') {
	const queue = await millrace(options);
	onTestFinished(() => queue.close());
	return queue;
}

async function post(url: string, body: unknown) {
	const headers = { 'content-type': 'application/json' };
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	const response = await fetch(url, { method: 'POST', headers, body: text });
	return { status: response.status, text: await response.text() };
}

test('one line mounts the whole API next to the routes of the app', async () => {
	const app = express();
	app.get('/before', (_request, response) => void response.send('before'));
	app.use(await mount());
	app.get('/v1/mine', (_request, response) => void response.send('mine'));
	const url = await listen(app);
	const job = '{"n":9007199254740993,"z":1.0,"a":[],"o":{}}';
	expect((await post(`${url}/api/jobs`, `{"job":${job},"topic":"t"}`)).status).toBe(201);
	expect(await (await fetch(`${url}/api/jobs/jobToRun?topic=t`)).text()).toContain(
		`"retryCount":0,${job.slice(1, -1)}}`,
	);
	expect((await post(`${url}/v1/topics/t/jobs`, { data: 1 })).status).toBe(201);
	expect((await post(`${url}/v1/take`, { topics: ['t'] })).text).toContain('"data":1');
	expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'ok', store: 'memory' });
	expect(await (await fetch(`${url}/before`)).text()).toBe('before');
	expect(await (await fetch(`${url}/v1/mine`)).text()).toBe('mine');
	expect((await fetch(`${url}/api/jobsandmore`)).status).toBe(404);
});

test('every route of the API is mounted', async () => {
	const app = express();
	app.use(await mount());
	app.use((_request, response) => void response.status(418).end());
	const url = await listen(app);
	for (const route of Object.keys(ROUTES)) {
		const [method = '', path = ''] = route.split(' ');
		const { status } = await fetch(`${url}${path.replace(/:\w+/g, 'x')}`, { method });
		expect(status, route).not.toBe(418);
	}
	expect((await fetch(`${url}/v1/mine`)).status).toBe(418);
});

test('it works under a prefix', async () => {
	const app = express();
	app.use('/queue', await mount());
	const url = await listen(app);
	expect((await post(`${url}/queue/api/jobs`, { job: {}, topic: 't' })).status).toBe(201);
	expect((await post(`${url}/queue/v1/take`, { topics: ['t'] })).status).toBe(200);
	expect((await post(`${url}/api/jobs`, { job: {}, topic: 't' })).status).toBe(404);
});

test('behind a body parser it says what to do', async () => {
	const app = express();
	app.use(express.json());
	app.use(await mount());
	const url = await listen(app);
	const advice = 'A body parser has read the request before Millrace: mount millrace(…) before express.json()';
	const seed = await post(`${url}/api/jobs`, { job: {}, topic: 't' });
	expect([seed.status, JSON.parse(seed.text)]).toEqual([500, { message: advice }]);
	const v1 = await post(`${url}/v1/topics/t/jobs`, { data: 1 });
	expect(JSON.parse(v1.text)).toMatchObject({ code: 'INTERNAL', detail: advice });
	expect((await fetch(`${url}/api/jobs/jobToRun?topic=t`)).status).toBe(404);
});

test('its maintenance gives expired jobs back, with nobody asking', async () => {
	const app = express();
	app.use(await mount({ store: 'memory:', leaseMs: 100 }));
	const url = await listen(app);
	await post(`${url}/api/jobs`, { job: {}, topic: 't' });
	await fetch(`${url}/api/jobs/jobToRun?topic=t`);
	const waited = await post(`${url}/v1/take`, { topics: ['t'], waitMs: 5_000 });
	expect(JSON.parse(waited.text).jobs).toMatchObject([{ attempt: 2 }]);
});

test('close answers open long polls, and later requests get 503', async () => {
	const app = express();
	const queue = await mount();
	const arrived = new Promise<void>((resolve) => {
		app.use((_request, _response, next) => {
			next();
			resolve();
		});
	});
	app.use(queue);
	const url = await listen(app);
	const poll = post(`${url}/v1/take`, { topics: ['t'], waitMs: 30_000 });
	await arrived;
	await queue.close();
	expect(await poll).toEqual({ status: 200, text: '{"jobs":[]}' });
	const late = await post(`${url}/v1/take`, { topics: ['t'] });
	expect([late.status, JSON.parse(late.text).code]).toEqual([503, 'CLOSED']);
});

test('an option out of its range is refused before anything starts', async () => {
	await expect(millrace({ store: 'memory:', leaseMs: 5 })).rejects.toMatchObject({
		code: 'INVALID',
		message: 'leaseMs must be an integer from 100 to 86400000, received 5',
	});
	await expect(millrace('mongodb://x')).rejects.toMatchObject({ code: 'INVALID' });
});

test('mounted with a key of its own it wants keys, and makes them', async () => {
	const app = express();
	app.use(await mount({ store: 'memory:', adminKey: 'k'.repeat(32) }));
	app.get('/mine', (_request, response) => void response.send('mine'));
	const url = await listen(app);
	const headers = { 'content-type': 'application/json', authorization: `Bearer ${'k'.repeat(32)}` };
	const body = JSON.stringify({ name: 'k', allow: ['observe:*'] });
	const made = await fetch(`${url}/v1/keys`, { method: 'POST', headers, body });
	const { secret } = (await made.json()) as { secret: string };
	expect((await fetch(`${url}/v1/topics`)).status).toBe(401);
	expect((await fetch(`${url}/v1/topics`, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
	expect((await fetch(`${url}/mine`)).status).toBe(200);
	await expect(millrace({ store: 'memory:', adminKey: 'short' })).rejects.toMatchObject({ code: 'INVALID' });
});
