import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../src/sdk/index.ts';
import { type MillraceServer, serve } from '../support/millrace-server.ts';
import { type ProxyMode, TcpProxy } from '../support/proxy.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

const ROUNDS = 20;
/** How long each fault lasts. */
const FAULT_MS = 600;
/** From the end of a fault until the worker must have run a job again. */
const RESUME_MS = 5_000;

const HTML_502: ProxyMode = {
	answer:
		'HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<h1>oh no!</h1>',
};
const TOO_MANY: ProxyMode = {
	answer: 'HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
};

async function freePort(): Promise<number> {
	const holder = createServer().listen(0, '127.0.0.1');
	await once(holder, 'listening');
	const address = holder.address();
	holder.close();
	return typeof address === 'object' && address !== null ? address.port : 0;
}

test(`a worker over http survives ${ROUNDS} faults in a row, each of them gone for good within ${RESUME_MS} ms`, async () => {
	const port = await freePort();
	const args = ['--port', String(port), '--store', `sqlite:${join(tempDir(), 'jobs.db')}`, '--log-level', 'error'];
	let server: MillraceServer = serve(args);
	const url = await server.url();
	const proxy = await TcpProxy.start(port);

	const restart = async () => {
		server.child.kill('SIGKILL');
		await server.exited;
		await pause(FAULT_MS);
		server = serve(args);
		await server.url();
	};
	const hang = async () => {
		server.child.kill('SIGSTOP');
		await pause(FAULT_MS);
		server.child.kill('SIGCONT');
	};
	const through = (mode: ProxyMode) => async () => {
		proxy.mode = mode;
		await pause(FAULT_MS);
		proxy.mode = 'pass';
	};
	const faults = {
		restart,
		hang,
		'bytes swallowed': through('swallow'),
		'an HTML 502': through(HTML_502),
		'a 429': through(TOO_MANY),
	};

	const ran: number[] = [];
	// One client for the worker, through the proxy; one that pushes past it, once the server is there.
	const client = connect(`http://127.0.0.1:${proxy.port}`);
	const producer = connect(url);
	onTestFinished(async () => {
		await client.close();
		await producer.close();
	});
	const worker = client.work('survival', ({ data }) => void ran.push(Number(data)), { lease: '5s' });
	const times: string[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const [name, fault] = Object.entries(faults)[round % Object.keys(faults).length] ?? [];
		await fault?.();
		const recovered = performance.now();
		await producer.push('survival', round);
		await until(() => ran.includes(round), { timeoutMs: RESUME_MS, what: `round ${round} (${name}) to resume` });
		times.push(`${name} ${Math.round(performance.now() - recovered)}`);
	}
	expect(worker.health().state, times.join(', ')).toBe('running');
	expect([...new Set(ran)]).toEqual(Array.from({ length: ROUNDS }, (_, round) => round));
	console.log(`resumed after, in ms: ${times.join(', ')}`);
}, 240_000);
