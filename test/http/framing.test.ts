import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Api, startOnSqlite } from './kit.ts';

const FAST = { headersMs: 200, requestMs: 600 };

/** A connection that sends what a test says, and what came back over it once it has ended. */
async function raw(api: Api, text: string | string[], pauseMs = 0): Promise<string> {
	const { port } = api.app.server.address() as { port: number };
	const socket = connect(port, '127.0.0.1');
	onTestFinished(() => void socket.destroy());
	const ended = answerOf(socket);
	for (const part of [text].flat()) {
		socket.write(part);
		await new Promise((resolve) => setTimeout(resolve, pauseMs));
	}
	return ended;
}

function answerOf(socket: Socket): Promise<string> {
	return new Promise((resolve) => {
		let answer = '';
		socket.setEncoding('utf8').on('data', (text) => {
			answer += text;
		});
		socket.on('error', () => {});
		socket.on('close', () => resolve(answer));
	});
}

/** The status and the problem of an answer. */
function problemIn(answer: string): [status: number, code: string] {
	const [head = '', body = ''] = answer.split('\r\n\r\n');
	expect(head).toContain('content-type: application/problem+json');
	expect(head).toContain('connection: close');
	expect(body).not.toMatch(/\bat \/|node:|\.ts:|\.js:/);
	const { status, code } = JSON.parse(body);
	expect(head).toContain(`HTTP/1.1 ${status} `);
	return [status, code];
}

async function listening(framing = {}): Promise<Api> {
	const api = await startOnSqlite({ framing });
	await api.listen();
	return api;
}

const head = (lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`;
const POST = ['POST /v1/topics/t/jobs HTTP/1.1', 'host: x', 'content-type: application/json'];

test.each([
	['no HTTP at all', 'hello\r\n\r\n'],
	['an unknown method', head(['BREW / HTTP/1.1', 'host: x'])],
	['no host', head(['GET /livez HTTP/1.1'])],
	['two lengths', head([...POST, 'content-length: 2', 'content-length: 12'])],
	['a length and chunks', `${head([...POST, 'content-length: 12', 'transfer-encoding: chunked'])}0\r\n\r\n`],
	['a length that is no number', head([...POST, 'content-length: 1e1'])],
	['a folded header', head(['GET /livez HTTP/1.1', 'host: x', 'a: b', ' c'])],
	['a space before the colon', head([...POST, 'content-length : 2'])],
	['NUL in a header', head(['GET /livez HTTP/1.1', 'host: x', 'a: b\0c'])],
	['a chunk without a size', `${head([...POST, 'transfer-encoding: chunked'])}zz\r\n{}\r\n0\r\n\r\n`],
	['a chunk longer than it says', `${head([...POST, 'transfer-encoding: chunked'])}3\r\n{"data":1}\r\n0\r\n\r\n`],
	['an encoding that is not chunked at last', head([...POST, 'transfer-encoding: chunked, gzip'])],
	['a negative length', head([...POST, 'content-length: -2'])],
	['a length beyond numbers', head([...POST, `content-length: ${'9'.repeat(30)}`])],
	['another version', head(['GET /livez HTTP/3.0', 'host: x'])],
	['NUL in the path', head(['GET /a\0b HTTP/1.1', 'host: x'])],
	['the beginning of TLS', '\u0016\u0003\u0001\u0002\0\u0001\0\u0001\r\n\r\n'],
	['an expectation that nobody meets', head([...POST, 'expect: 200-ok', 'content-length: 10'])],
])('a request with %s is refused, and the server goes on', async (_name, text) => {
	const api = await listening();
	const answer = await raw(api, text);
	expect(problemIn(answer)).toEqual([400, 'INVALID']);
	expect((await api.get('/v1/topics')).json).toMatchObject({ topics: [] });
});

test('what comes behind a broken request on its connection is not done', async () => {
	const api = await listening();
	const push = `${head([...POST, 'content-length: 10'])}{"data":1}`;
	const answer = await raw(api, `${push}${head([...POST, 'content-length: 2', 'content-length: 12'])}${push}`);
	expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 400']);
	expect((await api.get('/v1/topics/t')).json.counts.waiting).toBe(1);
});

test.each([
	['of HTTP/1.0', head(['GET /v1/topics/t HTTP/1.0'])],
	['with an absolute target', head(['GET http://x/v1/topics/t HTTP/1.1', 'host: x', 'connection: close'])],
	['with a topic that is percent-encoded', head(['GET /v1/topics/%74 HTTP/1.1', 'host: x', 'connection: close'])],
	['with a line break before it', `\r\n${head(['GET /v1/topics/t HTTP/1.1', 'host: x', 'connection: close'])}`],
])('a request %s is answered', async (_name, text) => {
	const api = await listening();
	await api.push('t', { data: 1 });
	const answer = await raw(api, text);
	expect(answer).toMatch(/^HTTP\/1\.1 200 OK/);
	expect(answer).toContain('"topic":"t"');
});

test('a client that asks whether to go on is told so', async () => {
	const api = await listening();
	const asks = head([...POST, 'connection: close', 'expect: 100-continue', 'content-length: 10']);
	const answer = await raw(api, [asks, '{"data":1}']);
	expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 201']);
});

test('headers over 16 KiB are refused', async () => {
	const api = await listening();
	const answer = await raw(api, head(['GET /livez HTTP/1.1', 'host: x', `a: ${'b'.repeat(17_000)}`]));
	expect(problemIn(answer)).toEqual([431, 'HEADERS_TOO_LARGE']);
});

test('headers that do not arrive are not waited for', async () => {
	const api = await listening(FAST);
	expect(problemIn(await raw(api, 'GET /livez HTTP/1.1\r\nhost: x\r\n'))).toEqual([408, 'REQUEST_TIMEOUT']);
});

test('nor a body that stops, or comes a byte at a time, and nothing of it is stored', async () => {
	const api = await listening(FAST);
	const half = `${head([...POST, 'content-length: 40'])}{"data":`;
	expect(problemIn(await raw(api, half))).toEqual([408, 'REQUEST_TIMEOUT']);
	const drip = [head([...POST, 'content-length: 40']), ...'{"data":"0123456789"}'];
	expect(problemIn(await raw(api, drip, 100))).toEqual([408, 'REQUEST_TIMEOUT']);
	expect((await api.get('/v1/topics')).json).toMatchObject({ topics: [] });
});

test('a long poll outlasts the time that a request has to arrive', async () => {
	const api = await startOnSqlite({ framing: FAST });
	const url = await api.listen();
	const body = JSON.stringify({ topics: ['t'], waitMs: 2_500 });
	const taken = await fetch(`${url}/v1/take`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body,
	});
	expect([taken.status, await taken.json()]).toEqual([200, { jobs: [] }]);
});

test('connections beyond the most are closed, and the log says so once; with one gone there is room again', async () => {
	const told: string[] = [];
	const logger = { error() {}, info() {}, warn: (_: object, message: string) => void told.push(message) };
	const api = await startOnSqlite({ framing: { connections: 3 }, logger });
	await api.listen();
	const { port } = api.app.server.address() as { port: number };
	const open = () => {
		const socket = connect(port, '127.0.0.1');
		onTestFinished(() => void socket.destroy());
		return { socket, ended: answerOf(socket) };
	};
	const held = [open(), open(), open()];
	await Promise.all(held.map(({ socket }) => new Promise((resolve) => socket.once('connect', resolve))));
	expect(await open().ended).toBe('');
	expect(await open().ended).toBe('');
	expect(told).toEqual([expect.stringContaining('too many connections')]);
	held[0]?.socket.destroy();
	await new Promise<void>((resolve) => {
		const wait = () => api.app.server.getConnections((_, count) => (count < 3 ? resolve() : setImmediate(wait)));
		wait();
	});
	expect(await raw(api, head(['GET /livez HTTP/1.1', 'host: x', 'connection: close']))).toContain('200 OK');
});
