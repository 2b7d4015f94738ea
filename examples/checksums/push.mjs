// node examples/checksums/push.mjs FOLDER: one job for each file under FOLDER, a thousand in a request.
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { call, TOPIC } from './api.mjs';

const BATCH = 1_000;
const [folder] = process.argv.slice(2);

const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));

// Results are kept with the completed jobs, so the topic has to keep them all until they are collected.
await call('PATCH', `/v1/topics/${TOPIC}`, { completed: { count: 1_000_000, ageMs: 3_600_000 } });
for (let i = 0; i < files.length; i += BATCH) {
	const jobs = files.slice(i, i + BATCH).map((file) => ({ data: { file } }));
	await call('POST', `/v1/topics/${TOPIC}/jobs`, { jobs }, { 'idempotency-key': randomUUID() });
}
console.log(`pushed ${files.length} jobs`);
