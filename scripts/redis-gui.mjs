// Starts redis-commander on loopback against REDIS_URL: `npm run redis:gui`.
import { spawn } from 'node:child_process';

const PACKAGE = 'redis-commander@0.9.0';
const HOST = '127.0.0.1';
const DEFAULT_PORT = 8081;

/** @returns {never} */
function fail(/** @type {string} */ message) {
	process.stderr.write(`redis:gui: ${message}\n`);
	process.exit(2);
}

/** @returns {URL} */
function redisUrl() {
	const text = process.env.REDIS_URL || 'redis://127.0.0.1:6379';
	const url = URL.canParse(text) ? new URL(text) : undefined;
	// The text is not shown: it may hold a password.
	if (!url || !['redis:', 'rediss:'].includes(url.protocol)) fail('REDIS_URL must be redis://… or rediss://…');
	return url;
}

function guiPort() {
	const text = process.env.REDIS_GUI_PORT || String(DEFAULT_PORT);
	const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
	if (port < 1 || port > 65_535) fail(`REDIS_GUI_PORT must be a port from 1 to 65535, received ${text}`);
	return port;
}

/** What redis-commander calls a connection. */
function connection(/** @type {URL} */ url) {
	return {
		label: 'millrace',
		host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
		port: Number(url.port) || 6379,
		dbIndex: Number(url.pathname.slice(1)) || 0,
		username: decodeURIComponent(url.username) || null,
		password: decodeURIComponent(url.password),
		connectionName: 'redis-commander',
		optional: false,
		...(url.protocol === 'rediss:' ? { tls: true } : {}),
	};
}

const url = redisUrl();
const port = guiPort();
// In the environment, not in the arguments, which every user of the machine can read.
const config = { noSave: true, connections: [connection(url)], server: { address: HOST, port } };
const env = { ...process.env, NODE_CONFIG: JSON.stringify(config) };
// npx starts a shell that starts the program. A process group of their own lets one signal reach all three.
const isWindows = process.platform === 'win32';
const child = spawn('npx', ['--yes', PACKAGE], {
	env,
	stdio: ['ignore', 'inherit', 'inherit'],
	shell: isWindows,
	detached: !isWindows,
});

function end(/** @type {NodeJS.Signals} */ signal) {
	if (child.pid === undefined) return;
	try {
		if (isWindows) child.kill(signal);
		else process.kill(-child.pid, signal);
	} catch {
		// It has ended already.
	}
}

process.stdout.write(`Redis ${url.host} is shown at http://${HOST}:${port} (Ctrl+C ends it)\n`);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => end(signal));
child.on('error', (error) => fail(`cannot run npx ${PACKAGE}: ${error.message}`));
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 0));
