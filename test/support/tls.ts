import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from './temp.ts';

/** Two self-signed certificates for 127.0.0.1, for tests alone; each is its own root. */
export type TestPair = 'one' | 'two';

export function pemOf(pair: TestPair, part: 'crt' | 'key'): string {
	return join(import.meta.dirname, 'tls', `${pair}.${part}`);
}

/** Files of one test that hold a pair, and may come to hold the other. */
export function tlsFiles(first: TestPair) {
	const dir = tempDir();
	const files = { cert: join(dir, 'server.crt'), key: join(dir, 'server.key') };
	const put = (pair: TestPair, part: 'crt' | 'key') =>
		copyFileSync(pemOf(pair, part), part === 'crt' ? files.cert : files.key);
	const hold = (pair: TestPair) => {
		put(pair, 'crt');
		put(pair, 'key');
	};
	hold(first);
	return { files, put, hold };
}
