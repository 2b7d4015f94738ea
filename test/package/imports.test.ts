import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, run } from './installed.ts';

const DIST = join(ROOT, 'dist');
const STATIC = /^(?:import|export)\s(?:[^;]*?\sfrom\s)?'([^']+)'/gm;

/** What a file of the build imports at once, itself or through others: files of the build, and packages with who imports them. */
function importsOf(entry: string) {
	const files = new Set<string>();
	const packages = new Map<string, string[]>();
	const visit = (file: string) => {
		if (files.has(file)) return;
		files.add(file);
		for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(STATIC)) {
			if (specifier.startsWith('.')) visit(resolve(dirname(file), specifier));
			else packages.set(specifier, [...(packages.get(specifier) ?? []), relative(DIST, file)]);
		}
	};
	visit(join(DIST, entry));
	return { files: [...files].map((file) => relative(DIST, file)), packages: Object.fromEntries(packages) };
}

/** Servers, database drivers, and the schema library, which alone takes 0.4 s to load. */
const HEAVY = /^(typebox|fastify|libsql|redis|@redis|pino|commander|node:sqlite|express|@nestjs)/;

test.each(['sdk/index.js', 'engine/index.js'])(
	'%s reaches no server, no database driver and no schema library by its imports',
	(entry) => {
		const { files, packages } = importsOf(entry);
		expect(files.length).toBeGreaterThan(10);
		expect(Object.keys(packages).filter((name) => HEAVY.test(name))).toEqual([]);
		expect(files.filter((file) => /^(server|cli|testing|adapters|engine\/(redis|sqlite|remote))\//.test(file))).toEqual(
			[],
		);
	},
);

test('the walk sees a package where there is one', () => {
	expect(importsOf('server/index.js').packages).toMatchObject({
		fastify: expect.anything(),
		typebox: expect.anything(),
	});
	expect(importsOf('engine/redis/engine.js').packages).toHaveProperty('redis');
});

/** Files of packages in the given process, once the code has run. */
async function loadedBy(code: string): Promise<string[]> {
	const script = `import { register } from 'node:module';
		const loader = 'export async function load(url, context, next) { process._rawDebug("LOADED " + url); return next(url, context); }';
		register('data:text/javascript,' + encodeURIComponent(loader));
		${code}`;
	const { stderr } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, timeout: 30_000 });
	return [...stderr.matchAll(/^LOADED (\S+)/gm)].map(([, url = '']) => url);
}

const DRIVERS = /node_modules\/(fastify|libsql|@libsql|redis|@redis|pino|commander)\//;

test('a client of an http: URL loads no server and no database driver, not even when it is used', async () => {
	const loaded = await loadedBy(`const { connect } = await import('millrace');
		const client = connect('http://127.0.0.1:9', { deadlineMs: 200 });
		await client.ready().catch(() => {});
		await client.close();`);
	expect(loaded.some((url) => url.endsWith('dist/engine/remote/engine.js'))).toBe(true);
	expect(loaded.filter((url) => DRIVERS.test(url))).toEqual([]);
	expect(loaded.filter((url) => /node:sqlite|dist\/engine\/(redis|sqlite)\/|dist\/(server|cli)\//.test(url))).toEqual(
		[],
	);
});

test('a client that pushes and works loads no schema library; one that changes settings does', async () => {
	const use = `const { connect } = await import('millrace');
		const client = connect('memory:');
		client.work('greet', () => 'hello');
		const job = await client.push('greet', 1, { priority: 5, maxAttempts: 2, idempotencyKey: 'k' });
		await job.result();`;
	const isSchema = (url: string) => url.includes('node_modules/typebox/');
	expect((await loadedBy(`${use} await client.close();`)).filter(isSchema)).toEqual([]);
	const configured = await loadedBy(`${use} await client.configure('greet', { leaseMs: 500 }); await client.close();`);
	expect(configured.some(isSchema)).toBe(true);
});
