import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { expect, test } from 'vitest';
import { serve } from '../support/millrace-server.ts';
import { tempDir } from '../support/temp.ts';
import { ROOT, run } from './installed.ts';

const PROGRAM = `import { connect, topic } from 'millrace';
const greet = topic('greet');
const client = connect(process.argv[2]);
client.work(greet, ({ data }) => \`Hello, \${data.name}!\`);
const job = await client.push(greet, { name: 'Ada' });
console.log(await job.result());
await client.close();
`;

/** A program in a folder of its own, which finds this package by an alias to its build. */
function program(text = PROGRAM): { dir: string; entry: string; alias: Record<string, string> } {
	const dir = tempDir();
	const entry = join(dir, 'hello.mjs');
	writeFileSync(entry, text);
	return { dir, entry, alias: { millrace: join(ROOT, 'dist/sdk/index.js') } };
}

/**
 * The lease thread's file stays behind in a bundle of one file; leases must be kept all the same. The handler ends when its lease has
 * been renewed to three times its length, or when the job was given to another run.
 */
const LONG = `import { connect, topic } from 'millrace';
const long = topic('long');
const client = connect(process.argv[2]);
let starts = 0;
const handler = async ({ id, attempt }) => {
	starts++;
	const began = (await client.job(long, id).get()).leaseExpiresAt;
	while (true) {
		const now = await client.job(long, id).get();
		if (now.attempt !== attempt || now.state !== 'active') break;
		if (now.leaseExpiresAt >= began + 2 * 1000) break;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	return starts;
};
client.work(long, handler, { lease: 1000 });
const job = await client.push(long, 1);
console.log(await job.result());
await client.close();
`;

async function says(file: string, expected: string): Promise<void> {
	const server = serve(['--store', 'memory:', '--port', '0']);
	const { stdout, stderr } = await run(process.execPath, [file, await server.url()], { timeout: 30_000 });
	expect(stdout + stderr).toBe(`${expected}\n`);
}

async function bundled(text?: string) {
	const { dir, entry, alias } = program(text);
	const outfile = join(dir, 'out/hello.mjs');
	const options = { bundle: true, platform: 'node', format: 'esm', outfile, alias, logLevel: 'silent' } as const;
	// libsql has a binary, which no bundle can hold; it is loaded only for a file, where Node has no SQLite of its own.
	const { warnings } = await esbuild({ entryPoints: [entry], external: ['libsql'], ...options });
	return { outfile, warnings };
}

test('esbuild bundles the client into one file, and it runs', async () => {
	const { outfile, warnings } = await bundled();
	expect(warnings).toEqual([]);
	await says(outfile, 'Hello, Ada!');
});

test('a bundled worker keeps the lease of a handler that runs three leases long', async () => {
	const { outfile } = await bundled(LONG);
	await says(outfile, '1');
});

test('vite bundles the client for Node, and it runs', async () => {
	const { dir, entry, alias } = program();
	await vite({
		root: dir,
		configFile: false,
		logLevel: 'silent',
		resolve: { alias },
		ssr: { noExternal: true, external: ['libsql'] },
		build: { ssr: entry, outDir: join(dir, 'out'), target: 'node20' },
	});
	await says(join(dir, 'out/hello.mjs'), 'Hello, Ada!');
});

const EDGE = `import { connect, topic } from 'millrace';
globalThis.hello = async (url) => {
	const greet = topic('greet');
	const client = connect(url);
	client.work(greet, ({ data }) => \`Hello, \${data.name}!\`);
	const job = await client.push(greet, { name: 'Ada' });
	const result = await job.result();
	await client.close();
	return result;
};
`;

/** What edge runtimes have: the web's globals, and nothing of Node. */
const WEB = [
	...['AbortController', 'AbortSignal', 'DOMException', 'Event', 'EventTarget', 'Headers', 'ReadableStream', 'Request'],
	...['Response', 'TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams', 'clearInterval', 'clearTimeout', 'console'],
	...['crypto', 'fetch', 'performance', 'queueMicrotask', 'setInterval', 'setTimeout', 'structuredClone'],
];

test('the client and its worker run over http: with nothing but the globals of the web, as at the edge', async () => {
	const { dir, entry, alias } = program(EDGE);
	const outfile = join(dir, 'out.js');
	// The other stores stay outside: their code is only asked for by their URLs.
	const external = ['node:*', 'libsql', 'redis', 'typebox', 'typebox/*'];
	const options = { bundle: true, platform: 'neutral', format: 'iife', outfile, alias, external } as const;
	await esbuild({ entryPoints: [entry], mainFields: ['module', 'main'], logLevel: 'silent', ...options });
	const server = serve(['--store', 'memory:', '--port', '0']);
	const globals = Object.fromEntries(WEB.map((name) => [name, Reflect.get(globalThis, name)]));
	const edge = createContext(globals);
	runInContext(readFileSync(outfile, 'utf8'), edge);
	expect(await edge.hello(await server.url())).toBe('Hello, Ada!');
});
