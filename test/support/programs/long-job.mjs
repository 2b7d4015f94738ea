// One job that runs five leases long, as a program that is bundled into one file.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../../dist/sdk/index.js';

const LEASE_MS = 400;
const [url, topic] = process.argv.slice(2);
const client = connect(url);
let starts = 0;
client.work(
	topic,
	async () => {
		starts++;
		await pause(5 * LEASE_MS);
		return starts;
	},
	{ lease: LEASE_MS },
);
const job = await client.push(topic, null, { maxAttempts: 2 });
console.log(await job.result());
await client.close();
