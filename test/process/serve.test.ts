import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, inject, onTestFinished, test } from 'vitest';
import { MillraceServer, serve } from '../support/millrace-server.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

async function push(url: string, topic: string) {
	return fetch(`${url}/api/jobs`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ job: { id: 'job1' }, topic }),
	});
}

/** Begins a long poll; resolves when the server has read it. */
async function poll(url: string) {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	let answer = '';
	socket.on('data', (chunk) => {
		answer += chunk;
	});
	const ended = once(socket, 'close').then(() => answer);
	const body = JSON.stringify({ topics: ['t'], waitMs: 60_000 });
	const head = [
		'POST /v1/take HTTP/1.1',
		'host: x',
		'content-type: application/json',
		`content-length: ${body.length}`,
	];
	// The server says 100 Continue when it has read the head, and then begins to serve the request.
	socket.write(`${[...head, 'expect: 100-continue'].join('\r\n')}\r\n\r\n`);
	await until(() => answer.startsWith('HTTP/1.1 100'));
	socket.write(body);
	return { answered: ended };
}

test('starts on a free port, prints it and a curl line that works', async () => {
	const dir = tempDir();
	const server = serve(['--port', '0'], {}, dir);
	const url = await server.url();
	expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
	const line = /^Try: curl -s (\S+) -H '([^:]+): ([^']+)' -d '(.+)'$/m.exec(server.stdout);
	const [, target = '', name = '', value = '', body = ''] = line ?? [];
	const answer = await fetch(target, { method: 'POST', headers: { [name]: value }, body });
	expect([answer.status, await answer.json()]).toMatchObject([201, { message: 'Job added successfully' }]);
	expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
		status: 'ok',
		store: 'sqlite',
		durability: 'fsynced',
		notices: [],
	});
});

test('SIGTERM answers an open long poll and exits 0', async () => {
	const server = serve(['--port', '0', '--store', 'memory:']);
	const { answered } = await poll(await server.url());
	const began = performance.now();
	server.child.kill('SIGTERM');
	const answer = await answered;
	expect(answer).toContain('HTTP/1.1 200 OK');
	expect(answer.toLowerCase()).toContain('connection: close');
	expect(answer).toContain('{"jobs":[]}');
	expect(await server.exited).toBe(0);
	expect(performance.now() - began).toBeLessThan(10_000);
	expect(server.complaints()).toEqual([]);
});

test('SIGTERM ends in time although a client holds a half-sent request', async () => {
	const server = serve(['--port', '0', '--store', 'memory:']);
	const { hostname, port } = new URL(await server.url());
	const socket = connect(Number(port), hostname);
	socket.on('error', () => {});
	socket.write(
		'POST /v1/take HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
	);
	await once(socket, 'data');
	const began = performance.now();
	server.child.kill('SIGTERM');
	expect(await server.exited).toBe(0);
	expect(performance.now() - began).toBeLessThan(10_000);
});

test('a second signal exits 1 at once', async () => {
	const server = serve(['--port', '0', '--store', 'memory:']);
	const { hostname, port } = new URL(await server.url());
	const socket = connect(Number(port), hostname);
	socket.on('error', () => {});
	socket.write(
		'POST /v1/take HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n',
	);
	await once(socket, 'data');
	server.child.kill('SIGINT');
	await until(() => server.stderr.includes('stopping'));
	server.child.kill('SIGINT');
	expect(await server.exited).toBe(1);
});

test('keeps its jobs in the file over a restart', async () => {
	const dir = tempDir();
	const first = serve(['--port', '0'], { MILLRACE_STORE: 'sqlite:./jobs.db' }, dir);
	const { jobId } = (await (await push(await first.url(), 'emails')).json()) as { jobId: string };
	first.child.kill('SIGTERM');
	expect(await first.exited).toBe(0);
	const second = serve(['--port', '0', '--store', 'sqlite:./jobs.db'], {}, dir);
	const taken = await (await fetch(`${await second.url()}/api/jobs/jobToRun?topic=emails`)).json();
	expect(taken).toMatchObject({ job: { jobId, id: 'job1', retryCount: 0 } });
});

test('gives an expired job back within a second, with nobody asking', async () => {
	const server = serve([], {
		MILLRACE_PORT: '0',
		MILLRACE_STORE: 'memory:',
		MILLRACE_LEASE_MS: '200',
		MILLRACE_MAX_ATTEMPTS: '2',
	});
	const url = await server.url();
	await push(url, 't');
	const counts = async () => {
		const topic = (await (await fetch(`${url}/v1/topics/t`)).json()) as { counts: Record<string, number> };
		return topic.counts;
	};
	for (const state of ['waiting', 'dead']) {
		await fetch(`${url}/api/jobs/jobToRun?topic=t`);
		const began = performance.now();
		await until(async () => (await counts())[state] === 1, { what: `the job to be ${state}` });
		expect(performance.now() - began).toBeLessThan(200 + 1_000 + 300);
	}
});

test('every flag has a twin in the environment, and the flag wins', async () => {
	const env = {
		MILLRACE_HOST: '127.0.0.1',
		MILLRACE_PORT: '1',
		MILLRACE_STORE: 'memory:',
		MILLRACE_MAX_BODY_BYTES: '2000',
		MILLRACE_LOG_LEVEL: 'silent',
		REDIS_URL: 'redis://127.0.0.1:1',
	};
	const server = serve(['--port', '0'], env);
	const url = await server.url();
	const body = JSON.stringify({ job: { x: 'a'.repeat(2_000) }, topic: 't' });
	const headers = { 'content-type': 'application/json' };
	expect((await fetch(`${url}/api/jobs`, { method: 'POST', headers, body })).status).toBe(413);
	server.child.kill('SIGTERM');
	expect([await server.exited, server.stderr]).toEqual([0, '']);
});

test('REDIS_URL selects Redis when no store is given', async () => {
	const url = await serve(['--port', '0'], { REDIS_URL: inject('redisUrl') }).url();
	expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'ok', store: 'redis' });
});

const BAD: [args: string[], env: Record<string, string>, line: RegExp][] = [
	[['--port', '70000'], {}, /--port <n>.*'70000' is invalid.*from 0 to 65535/],
	[['--port', 'http'], {}, /--port <n>.*'http'/],
	[['--lease-ms', '5'], {}, /--lease-ms <n>.*'5' is invalid.*from 100 to 86400000/],
	[['--max-attempts', '0'], {}, /--max-attempts <n>.*'0' is invalid.*from 1 to 1000/],
	[['--max-body-bytes', '1e6'], {}, /--max-body-bytes <n>.*'1e6' is invalid/],
	[['--log-level', 'loud'], {}, /--log-level <level>.*'loud' is invalid.*silent/],
	[['--prot', '1'], {}, /unknown option '--prot'/],
	[['extra'], {}, /too many arguments/],
	[[], { MILLRACE_PORT: '-1' }, /'-1' from env 'MILLRACE_PORT' is invalid/],
	[[], { MILLRACE_LEASE_MS: '1.5' }, /'1.5' from env 'MILLRACE_LEASE_MS' is invalid/],
	[['--store', 'mongodb://x'], {}, /store must be .*received "mongodb:\/\/x"/],
	[['--store', 'sqlite:'], {}, /store must be/],
	[['--store', 'http://127.0.0.1:7420'], {}, /store must be memory:/],
];

test.each(BAD)('%j with %j ends with one line and exit code 2', async (args, env, line) => {
	const server = serve(args, env);
	expect(await server.exited).toBe(2);
	expect(server.stdout).toBe('');
	const lines = server.stderr.trimEnd().split('\n');
	expect(lines).toHaveLength(1);
	expect(lines[0]).toMatch(/^millrace: /);
	expect(lines[0]).toMatch(line);
});

test('a port in use ends with one line and exit code 1', async () => {
	const blocker = createServer().listen(0, '127.0.0.1');
	await once(blocker, 'listening');
	onTestFinished(() => void blocker.close());
	const address = blocker.address();
	const port = typeof address === 'object' ? String(address?.port) : '';
	const server = serve(['--port', port, '--store', 'memory:']);
	expect(await server.exited).toBe(1);
	expect(server.stderr.trimEnd()).toBe(
		`millrace: port ${port} on 127.0.0.1 is in use; choose another with --port or MILLRACE_PORT`,
	);
});

test('an unreachable Redis ends with one line, without the password, after the deadline', async () => {
	const began = performance.now();
	const server = serve(['--port', '0', '--store', 'redis://user:s3cr%21t@127.0.0.1:1/0']);
	expect(await server.exited).toBe(1);
	expect(performance.now() - began).toBeLessThan(10_000);
	expect(server.complaints()).toHaveLength(1);
	expect(server.complaints()[0]).toMatch(/^millrace: cannot open redis:\/\/user:\*\*\*@127\.0\.0\.1:1\/0: /);
	expect(server.stdout + server.stderr).not.toMatch(/s3cr/);
	expect(server.stderr).not.toMatch(/\n\s+at /);
});

test('a second server on the same file is told so in one line', async () => {
	const dir = tempDir();
	await serve(['--port', '0'], {}, dir).url();
	const second = serve(['--port', '0'], {}, dir);
	expect(await second.exited).toBe(1);
	expect(second.complaints()).toHaveLength(1);
});

test('--help and --version answer on stdout, and no command at all is a mistake', async () => {
	const run = async (...args: string[]) => {
		const process = new MillraceServer(args, {}, tempDir());
		return { code: await process.exited, stdout: process.stdout, stderr: process.stderr };
	};
	expect(await run('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
	const help = await run('serve', '--help');
	expect([help.code, help.stderr]).toEqual([0, '']);
	for (const name of [
		'HOST',
		'PORT',
		'STORE',
		'LEASE_MS',
		'MAX_ATTEMPTS',
		'MAX_BODY_BYTES',
		'MAX_CONNECTIONS',
		'TLS_CERT',
		'TLS_KEY',
		'LOG_LEVEL',
	]) {
		expect(help.stdout).toContain(`MILLRACE_${name}`);
	}
	expect(await run()).toMatchObject({ code: 2 });
	expect((await run('sevre')).stderr).toMatch(/^millrace: unknown command 'sevre'.*\n$/);
});
