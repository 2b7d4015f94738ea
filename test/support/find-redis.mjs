// Plain JavaScript: scripts/ensure-redis.mjs imports it too, on every Node that Millrace supports.
import { spawnSync } from 'node:child_process';

/** The oldest servers that have what the scripts need: shebang flags in Redis 7.0, and the first Valkey of its own line. */
const OLDEST = { redis: [7, 0], valkey: [7, 2] };

const NAMES = ['redis-server', 'valkey-server'];

function readVersion(path) {
	const run = spawnSync(path, ['--version'], { encoding: 'utf8' });
	const match = /^(redis|valkey) server v=(\d+)\.(\d+)\S*/i.exec(run.stdout ?? '');
	if (match === null) return undefined;
	const [text, kind, major, minor] = match;
	return { text, kind: kind.toLowerCase(), major: Number(major), minor: Number(minor) };
}

function isNewEnough({ kind, major, minor }) {
	const [oldestMajor, oldestMinor] = OLDEST[kind];
	return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** What `MILLRACE_REDIS_SERVER` or the PATH holds: a server to start, or what is wrong with what was found. */
export function findRedisServer(env = process.env) {
	const named = env.MILLRACE_REDIS_SERVER;
	const problems = [];
	for (const path of named ? [named] : NAMES) {
		const version = readVersion(path);
		if (version !== undefined && isNewEnough(version)) return { path, version: version.text, problems };
		if (version !== undefined) problems.push(`${path} is too old (${version.text})`);
		else if (named) problems.push(`MILLRACE_REDIS_SERVER=${named} is not a redis-server or valkey-server`);
	}
	return { path: undefined, version: undefined, problems };
}
