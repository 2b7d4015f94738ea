import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from './index.ts';
import { freePort, start, stop, temporaryFolder } from './process.ts';

const DEBIAN = '/usr/lib/postgresql';

function binaries(): string {
	const [newest] = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().reverse() : [];
	if (newest === undefined) throw new Error('PostgreSQL is not installed (apt-get install postgresql)');
	return join(DEBIAN, newest, 'bin');
}

/** A server with its default settings: every commit is on disk before it is answered. */
export async function postgres(): Promise<Store> {
	const [bin, port, folder] = [binaries(), await freePort(), temporaryFolder()];
	// PostgreSQL refuses to run as root.
	const asUser = process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : [];
	if (asUser.length > 0) {
		const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
		chownSync(folder.path, id('-u'), id('-g'));
	}
	const [program = '', ...args] = [
		...asUser,
		join(bin, 'initdb'),
		'-D',
		join(folder.path, 'data'),
		'-A',
		'trust',
		'-U',
		'bench',
	];
	execFileSync(program, args, { stdio: 'ignore' });
	const psql = (sql: string) => {
		const where = ['-h', '127.0.0.1', '-p', String(port), '-U', 'bench', '-d', 'postgres', '-qc', sql];
		return spawnSync(join(bin, 'psql'), where).status === 0;
	};
	const where = ['-D', join(folder.path, 'data'), '-h', '127.0.0.1', '-p', String(port), '-k', folder.path];
	const [server = '', ...options] = [...asUser, join(bin, 'postgres'), ...where];
	const child = await start(server, options, async () => psql('SELECT 1'));
	return {
		url: `postgres://bench@127.0.0.1:${port}/postgres`,
		async reset() {
			psql('DROP SCHEMA IF EXISTS pgboss CASCADE');
		},
		async stop() {
			await stop(child);
			folder.remove();
		},
	};
}
