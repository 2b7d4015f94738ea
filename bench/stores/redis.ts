import { createClient } from 'redis';
import type { Store } from './index.ts';
import { freePort, require, start, stop, temporaryFolder } from './process.ts';

export async function redis(settings: string[]): Promise<Store> {
	require('redis-server', 'apt-get install redis-server');
	const [port, folder] = [await freePort(), temporaryFolder()];
	const url = `redis://127.0.0.1:${port}`;
	const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder.path, ...settings];
	const command = async (...words: string[]) => {
		const client = createClient({ url, socket: { reconnectStrategy: false } });
		client.on('error', () => {});
		try {
			await client.connect();
			return await client.sendCommand(words);
		} finally {
			if (client.isOpen) client.destroy();
		}
	};
	const child = await start('redis-server', args, async () => (await command('PING')) !== null);
	return {
		url,
		reset: async () => void (await command('FLUSHALL')),
		async stop() {
			await stop(child);
			folder.remove();
		},
	};
}
