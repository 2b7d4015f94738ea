import { connect } from 'node:net';
import type { Store } from './index.ts';
import { freePort, require, start, stop } from './process.ts';

export async function beanstalkd(): Promise<Store> {
	require('beanstalkd', 'apt-get install beanstalkd');
	const port = await freePort();
	const isUp = () => {
		return new Promise<boolean>((resolve, reject) => {
			const socket = connect(port, '127.0.0.1', () => resolve(true));
			socket.on('error', reject).on('connect', () => socket.destroy());
		});
	};
	const run = () => start('beanstalkd', ['-l', '127.0.0.1', '-p', String(port)], isUp);
	let child = await run();
	return {
		url: `beanstalk://127.0.0.1:${port}`,
		// It keeps everything in memory, so a new one is an empty one.
		async reset() {
			await stop(child);
			child = await run();
		},
		stop: () => stop(child),
	};
}
