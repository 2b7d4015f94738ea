// Connects, works and closes, and must then exit by itself: nothing may be left that keeps a process alive.
import { connect } from '../../../dist/sdk/index.js';

const [url, topic, way] = process.argv.slice(2);

process.on('unhandledRejection', (reason) => {
	console.error('unhandled', reason);
	process.exitCode = 9;
});

const WAYS = {
	async works(client) {
		const worker = client.work(topic, ({ data }) => data, { lease: '1s' });
		const job = await client.push(topic, 'done');
		console.log(await job.result());
		await worker.close();
		await client.close();
	},
	async 'leaves the worker to the client'(client) {
		client.workBatch(topic, () => {}, { maxWait: '1h' });
		await client.push(topic, 'waits for its batch');
		console.log('done');
		await client.close();
	},
	async 'gives up a handler that never settles'(client) {
		let begun;
		const hasBegun = new Promise((resolve) => {
			begun = resolve;
		});
		client.work(topic, () => new Promise(begun), { grace: 0, timeout: '1h' });
		await client.push(topic, 'hangs');
		client.work(topic, () => new Promise(begun), { grace: 0, timeout: '1h' });
		await hasBegun;
		console.log('done');
		await client.close();
	},
	async 'only pushes'(client) {
		await client.push(topic, null);
		console.log('done');
		await client.close();
	},
	async 'closes at once'(client) {
		client.work(topic, () => {});
		console.log('done');
		await client.close();
	},
};

await WAYS[way](connect(url));
