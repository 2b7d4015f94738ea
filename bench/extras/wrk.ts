import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { payload } from '../payload.ts';
import { require, temporaryFolder } from '../stores/process.ts';

const CONNECTIONS = 64;

/** Requests per second that the server at `url` answers with 2xx to single pushes. @throws when any answer was another */
export function postsPerSecond(urls: string[], path: string, seconds: number): number {
	require('wrk', 'apt-get install wrk');
	const folder = temporaryFolder();
	const script = join(folder.path, 'post.lua');
	const body = JSON.stringify({ data: payload(1) });
	const lines = [
		"wrk.method = 'POST'",
		`wrk.body = '${body}'`,
		"wrk.headers['Content-Type'] = 'application/json'",
		`wrk.path = '${path}'`,
		"done = function(summary) io.write('bad ' .. summary.errors.status + summary.errors.timeout .. '\\n') end",
	];
	writeFileSync(script, lines.join('\n'));
	const runs = urls.map((url) => {
		const args = ['-t', '1', '-c', String(CONNECTIONS / urls.length), '-d', `${seconds}s`, '-s', script, url];
		return `wrk ${args.join(' ')}`;
	});
	// Several servers at once: each gets its share of the connections.
	const { stdout } = spawnSync('sh', ['-c', `${runs.join(' & ')}; wait`], { encoding: 'utf8' });
	folder.remove();
	const bad = [...stdout.matchAll(/bad (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
	if (bad > 0) throw new Error(`${bad} requests were not answered with 2xx`);
	return [...stdout.matchAll(/Requests\/sec:\s+([\d.]+)/g)].reduce((sum, [, rate]) => sum + Number(rate), 0);
}
