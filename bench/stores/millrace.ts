import { fileURLToPath } from 'node:url';
import type { Store } from './index.ts';
import { freePort, start, stop } from './process.ts';

const SERVER = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A Millrace server as a process of its own, on a store of its own; null for `memory:`. */
export async function millraceServer(startStore: (() => Promise<Store>) | null): Promise<Store> {
	const store = await startStore?.();
	const port = await freePort();
	const url = `http://127.0.0.1:${port}`;
	const args = [SERVER, 'serve', '--port', String(port), '--store', store?.url ?? 'memory:', '--log-level', 'warn'];
	const run = () => start(process.execPath, args, async () => (await fetch(`${url}/livez`)).ok);
	let child = await run();
	return {
		url,
		async reset() {
			await stop(child);
			await store?.reset();
			child = await run();
		},
		async stop() {
			await stop(child);
			await store?.stop();
		},
	};
}
