import { describe, expect, test } from 'vitest';
import { batch } from '../support/jobs.ts';
import { blackHole, closedPort, FakeServer, READY, remote, says, TAKE, timed } from './kit.ts';

/** Long enough for a first request on a busy machine. */
const DEADLINE_MS = 1_000;
/** Past the deadline a call takes as long as the machine needs to notice. */
const SLACK_MS = 700;

const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>';
const PUSH = [batch('emails', 1)];
const CREATED = [{ status: 'created', jobs: [{ id: 'emails:1', state: 'waiting' }] }];

/** Faults that end all tries of a call in doubt. */
const DOUBTFUL: [string, Parameters<typeof FakeServer.start>[0]][] = [
	['an HTML 502 of a proxy', says(502, HTML, { 'content-type': 'text/html' })],
	['an empty 504', says(504, '')],
	['an HTML page with status 200', says(200, HTML)],
	['JSON of something else', says(200, '{"hello":"world"}')],
	['JSON that is no object', says(200, '[]')],
	['half of an answer', (_, response) => void response.writeHead(200, { 'content-length': '500' }).write('{"jobs":[')],
	['a connection that breaks', (request) => void request.socket.destroy()],
	['no answer', () => {}],
];

describe.each(DOUBTFUL)('%s', (what, fault) => {
	test('is AMBIGUOUS for a change and UNAVAILABLE for a read, in time; then calls work again', async () => {
		const fake = await FakeServer.start((request, response, body) => {
			fault(request, response, body);
			if (what === 'half of an answer') setTimeout(() => request.socket.destroy(), 20);
		});
		const engine = remote(fake.port, { deadlineMs: DEADLINE_MS });
		const [push, take, read] = await Promise.all([
			timed(engine.push(PUSH)),
			timed(engine.take(TAKE)),
			timed(engine.getJobs(['emails:1'])),
		]);
		expect([push.error?.code, take.error?.code, read.error?.code]).toEqual(['AMBIGUOUS', 'AMBIGUOUS', 'UNAVAILABLE']);
		expect(push.error?.message).toMatch(/^The server at http:\/\/127.0.0.1:\d+.*; the change may have been made$/);
		expect(read.error?.message).toMatch(/; nothing was done$/);
		for (const { ms } of [push, take, read]) expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
		const keys = new Set(
			fake.requests.map(({ url, body }) => (url === '/v1/push' ? /Key":"[^"]+/.exec(body)?.[0] : '')),
		);
		expect(keys.size).toBe(2);
		fake.answer = READY;
		expect(await engine.push(PUSH)).toEqual(CREATED);
		expect(engine.durability).toBe('fsynced');
	});
});

test('a server that is not there did nothing', async () => {
	const engine = remote(await closedPort(), { deadlineMs: DEADLINE_MS });
	const calls = [engine.open(), engine.push(PUSH), engine.deleteJobs(['emails:1']), engine.take(TAKE)];
	for (const { error, ms } of await Promise.all(calls.map((call) => timed<unknown>(call)))) {
		expect(error?.code).toBe('UNAVAILABLE');
		expect(error?.message).toMatch(/^The server at http:\/\/127.0.0.1:\d+ cannot be reached \(.*; nothing was done$/);
		expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
	}
	const nowhere = remote(1, { url: 'http://nobody.invalid:7420', deadlineMs: DEADLINE_MS });
	await expect(nowhere.push(PUSH)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('a black hole swallows no caller', async () => {
	const engine = remote((await blackHole()).port, { deadlineMs: DEADLINE_MS });
	const calls = [engine.push(PUSH), engine.settle([{ id: 'emails:1', token: 1, outcome: 'complete' }]), engine.ping()];
	const ended = await Promise.all(calls.map((call) => timed<unknown>(call)));
	expect(ended.map(({ error }) => error?.code)).toEqual(['AMBIGUOUS', 'AMBIGUOUS', 'UNAVAILABLE']);
	for (const { ms } of ended) expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
});

test('a fault in one try is not told when a later one works', async () => {
	const faults = [says(502, HTML), says(200, HTML), says(503, '')];
	const fake = await FakeServer.start((...args) => (faults.shift() ?? READY)(...args));
	expect(await remote(fake.port).push(PUSH)).toEqual(CREATED);
	expect(fake.requests).toHaveLength(4);
	expect(new Set(fake.requests.map(({ body }) => body)).size).toBe(1);
});

test('a 429 is obeyed: the call comes back when it was told to', async () => {
	const busy = [says(429, 'slow down', { 'retry-after': '1' })];
	const fake = await FakeServer.start((...args) => (busy.shift() ?? READY)(...args));
	expect(await remote(fake.port).push(PUSH)).toEqual(CREATED);
	const [first, second] = fake.requests.map(({ at }) => at);
	expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(990);
});

test('a 429 or a 503 for longer than the deadline is told at once, with its delay', async () => {
	const fake = await FakeServer.start(says(429, 'slow down', { 'retry-after': '60' }));
	const engine = remote(fake.port);
	const { error, ms } = await timed(engine.push(PUSH));
	expect(error).toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 60_000 });
	expect(ms).toBeLessThan(SLACK_MS);
	fake.answer = says(503, 'later', { 'retry-after': new Date(Date.now() + 90_000).toUTCString() });
	const later = await timed(engine.getJobs(['emails:1']));
	expect(later.error?.code).toBe('UNAVAILABLE');
	expect(later.error?.retryAfterMs).toBeGreaterThan(85_000);
	expect(fake.requests).toHaveLength(2);
});

test("the server's own refusals keep their codes, and are not repeated", async () => {
	const problem = (code: string, more = {}) => says(400, JSON.stringify({ code, detail: `about ${code}`, ...more }));
	const fake = await FakeServer.start(problem('INVALID', { field: 'ids', value: 7 }));
	const engine = remote(fake.port, { deadlineMs: DEADLINE_MS });
	const invalid = { field: 'ids', value: 7 };
	await expect(engine.getJobs(['t:1'])).rejects.toMatchObject({ code: 'INVALID', message: 'about INVALID', invalid });
	for (const code of ['TOO_LARGE', 'STORE_FULL', 'INTERNAL']) {
		fake.answer = problem(code);
		await expect(engine.getJobs(['t:1'])).rejects.toMatchObject({ code, message: `about ${code}` });
	}
	expect(fake.requests).toHaveLength(4);
	// It is not this engine that is closed.
	fake.answer = problem('CLOSED');
	await expect(engine.push(PUSH)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
	fake.answer = problem('AMBIGUOUS');
	await expect(engine.push(PUSH)).rejects.toMatchObject({ code: 'AMBIGUOUS' });
});

test.each([
	[404, 'STORE_REFUSED'],
	[401, 'STORE_REFUSED'],
	[302, 'STORE_REFUSED'],
	[413, 'TOO_LARGE'],
])('a %i of something else is %s, and did nothing', async (status, code) => {
	const fake = await FakeServer.start(says(status, HTML, { location: '/elsewhere' }));
	const engine = remote(fake.port);
	for (const call of [() => engine.open(), () => engine.getJobs(['emails:1'])]) {
		const { error } = await timed<unknown>(call());
		expect(error).toMatchObject({ code, message: expect.stringContaining(`answered ${status}`) });
	}
	expect(fake.requests).toHaveLength(2);
});

test('a doubt of an early try is not forgotten when the last one could not be sent', async () => {
	const faults = [says(502, HTML)];
	const fake = await FakeServer.start((...args) => (faults.shift() ?? says(429, ''))(...args));
	const { error } = await timed(remote(fake.port, { deadlineMs: DEADLINE_MS }).push(PUSH));
	expect(error?.code).toBe('AMBIGUOUS');
});
