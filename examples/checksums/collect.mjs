// node examples/checksums/collect.mjs FILE: waits until every job has completed and writes FILE as sha256sum would.
import { writeFileSync } from 'node:fs';
import { call, TOPIC } from './api.mjs';

const [target] = process.argv.slice(2);

while (true) {
	const { counts } = await call('GET', `/v1/topics/${TOPIC}`);
	if (counts.dead > 0) throw new Error(`${counts.dead} jobs are dead`);
	if (counts.waiting + counts.delayed + counts.active === 0) break;
	await new Promise((resolve) => setTimeout(resolve, 100));
}

const lines = [];
for (let cursor = ''; cursor !== null; ) {
	const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
	const page = await call('GET', `/v1/topics/${TOPIC}/jobs?state=completed&limit=1000${query}`);
	for (const { result } of page.jobs) lines.push(`${result.sum}  ${result.file}\n`);
	cursor = page.nextCursor;
}
writeFileSync(target, lines.sort().join(''));
console.log(`wrote ${lines.length} sums`);
