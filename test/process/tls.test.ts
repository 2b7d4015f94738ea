import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { serve } from '../support/millrace-server.ts';
import { pemOf, type TestPair, tlsFiles } from '../support/tls.ts';
import { until } from '../support/wait.ts';

const SDK = new URL('../../dist/sdk/index.js', import.meta.url).href;

function serveTls({ cert, key }: { cert: string; key: string }) {
	return serve(['--port', '0', '--store', 'memory:', '--tls-cert', cert, '--tls-key', key]);
}

/** A connection that trusts one of the certificates; rejects when the server shows another. */
async function dial(url: string, trusted: TestPair, options = {}): Promise<TLSSocket> {
	const ca = readFileSync(pemOf(trusted, 'crt'));
	const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', ca, ...options });
	onTestFinished(() => void socket.destroy());
	await once(socket, 'secureConnect');
	return socket;
}

/** A request over a connection of its own or one that is open. */
async function livez(socket: TLSSocket): Promise<string> {
	socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
	return String((await once(socket, 'data'))[0]);
}

test('the SDK pushes and works over https, and trusts only whom it is told to', async () => {
	const { files } = tlsFiles('one');
	const url = await serveTls(files).url();
	expect(url).toMatch(/^https:\/\/127\.0\.0\.1:/);
	const script = `
		const { connect } = await import(${JSON.stringify(SDK)});
		const client = connect(process.argv[1]);
		client.work('sums', async ({ data }) => data.a + data.b);
		try {
			const job = await client.push('sums', { a: 2, b: 3 });
			console.log(await job.result({ timeout: '10s' }));
		} catch (error) {
			console.log(error.code);
		}
		await client.close();`;
	const run = async (env: Record<string, string>) => {
		const args = ['--input-type=module', '-e', script, url];
		const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH ?? '', ...env } });
		let out = '';
		child.stdout.on('data', (text) => {
			out += text;
		});
		await once(child, 'close');
		return out.trim();
	};
	expect(await run({ NODE_EXTRA_CA_CERTS: pemOf('one', 'crt') })).toBe('5');
	expect(await run({ NODE_EXTRA_CA_CERTS: pemOf('two', 'crt') })).toBe('UNAVAILABLE');
}, 60_000);

test('a certificate that is renewed is used for new connections, and open ones stay', async () => {
	const { files, hold } = tlsFiles('one');
	const server = serveTls(files);
	const url = await server.url();
	const open = await dial(url, 'one');
	hold('two');
	await until(
		() =>
			dial(url, 'two').then(
				() => true,
				() => false,
			),
		{ timeoutMs: 20_000, what: 'the new certificate' },
	);
	await expect(dial(url, 'one')).rejects.toThrow();
	expect(await livez(open)).toContain('200 OK');
});

test('half of a renewal leaves the old pair in place and is told of', async () => {
	const { files, put } = tlsFiles('one');
	const server = serveTls(files);
	const url = await server.url();
	put('two', 'crt');
	await until(() => server.stderr.includes('cannot be used'), { timeoutMs: 20_000, what: 'the log to tell' });
	expect(await livez(await dial(url, 'one'))).toContain('200 OK');
	put('two', 'key');
	await until(
		() =>
			dial(url, 'two').then(
				() => true,
				() => false,
			),
		{ timeoutMs: 20_000, what: 'the new certificate' },
	);
});

test('plain HTTP and TLS 1.1 get no answer', async () => {
	const { files } = tlsFiles('one');
	const url = await serveTls(files).url();
	await expect(dial(url, 'one', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' })).rejects.toThrow();
	const socket = connectPlain(Number(new URL(url).port), '127.0.0.1');
	socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');
	let answer = '';
	socket.on('data', (text) => {
		answer += text;
	});
	socket.on('error', () => {});
	await once(socket, 'close');
	expect(answer).not.toContain('200 OK');
});

test.each<[string[], RegExp]>([
	[['--tls-cert', pemOf('one', 'crt')], /--tls-cert needs --tls-key as well/],
	[['--tls-key', pemOf('one', 'key')], /--tls-key needs --tls-cert as well/],
	[['--tls-cert', pemOf('one', 'crt'), '--tls-key', pemOf('two', 'key')], /cannot be used together/],
	[['--tls-cert', '/nowhere.crt', '--tls-key', pemOf('two', 'key')], /\/nowhere\.crt of tls\.cert cannot be read/],
])('%j ends with one line and exit code 2', async (args, line) => {
	const server = serve(['--port', '0', '--store', 'memory:', ...args]);
	expect(await server.exited).toBe(2);
	expect(server.stderr.trimEnd()).toMatch(line);
	expect(server.stderr.trimEnd()).not.toContain('\n');
});
