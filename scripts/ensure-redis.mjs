// Makes sure that the tests have a Redis to start (`npm test` runs this first). Tests use a real server, never a mock.
import { spawnSync } from 'node:child_process';
import { findRedisServer } from '../test/support/find-redis.mjs';

const HELP = [
	'The tests need redis-server 7.0 or newer, or valkey-server 7.2 or newer: install one',
	'(apt-get install redis-server, brew install redis), or name it in MILLRACE_REDIS_SERVER.',
].join(' ');

function succeeds(command, args) {
	return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Package managers talk on stderr here, so that stdout stays that of the tests. */
function run(command, args) {
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	return spawnSync(command, args, { stdio: ['ignore', process.stderr, process.stderr], env }).status === 0;
}

function canInstall() {
	return process.getuid?.() === 0 && succeeds('apt-get', ['--version']);
}

function serviceRuns() {
	return succeeds('service', ['redis-server', 'status']);
}

/** The package starts a system service that the tests don't need; one that ran before stays up. */
function install() {
	console.error('ensure-redis: no redis-server found; installing the package redis-server with apt-get');
	const ranBefore = serviceRuns();
	const installed =
		run('apt-get', ['update']) && run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server']);
	if (!ranBefore && serviceRuns()) run('service', ['redis-server', 'stop']);
	if (!installed) console.error('ensure-redis: apt-get failed');
}

let found = findRedisServer();
// A server that is named, or that is there and too old, is the user's choice to change.
if (found.path === undefined && found.problems.length === 0 && canInstall()) {
	install();
	found = findRedisServer();
}
if (found.path === undefined) {
	console.error(`ensure-redis: ${[...found.problems, HELP].join('. ')}`);
	process.exitCode = 1;
}
