// node examples/checksums/worker.mjs: takes jobs in batches, and hands in what it has done with the next take.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { call, TOPIC } from './api.mjs';

const LEASE_MS = 5_000;

let outcomes = [];
while (true) {
	const request = {
		topics: [TOPIC],
		max: 50,
		waitMs: 2_000,
		leaseMs: LEASE_MS,
		requestId: randomUUID(),
		settle: outcomes,
	};
	const { jobs } = await call('POST', '/v1/take', request);
	outcomes = jobs.map(({ id, token, data }) => {
		try {
			const sum = createHash('sha256').update(readFileSync(data.file)).digest('hex');
			return { id, token, outcome: 'complete', result: { file: data.file, sum } };
		} catch (error) {
			return { id, token, outcome: 'retry', error: { message: error.message } };
		}
	});
	if (jobs.length > 0) console.log(`read ${jobs.length} files`);
}
