import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from './index.ts';
import { temporaryFolder } from './process.ts';

export async function sqlite(): Promise<Store> {
	const folder = temporaryFolder();
	const file = join(folder.path, 'jobs.db');
	return {
		url: `sqlite:${file}`,
		async reset() {
			for (const end of ['', '-wal', '-shm', '-journal']) rmSync(file + end, { force: true });
		},
		async stop() {
			folder.remove();
		},
	};
}
