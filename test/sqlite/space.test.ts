import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { idsOf, pushMany, settle, takeAll } from '../conformance/kit.ts';
import { batch } from '../support/jobs.ts';
import { tempDir } from '../support/temp.ts';
import { until } from '../support/wait.ts';

const MB = 1_048_576;

test('on a disk that is nearly full pushes are refused, and what is there is worked off', async () => {
	const space = { free: 1_000 * MB, size: 100_000 * MB };
	const engine = new SqliteEngine({ path: join(tempDir(), 'jobs.db'), space: async () => space });
	onTestFinished(() => engine.close());
	await engine.open();
	const ids = await pushMany(engine, 'emails', 3);
	const refusal = () =>
		engine.push([batch('emails', 1)]).then(
			() => undefined,
			(error: unknown) => error,
		);
	space.free = 10 * MB;
	const error = await until(refusal, { what: 'the disk to be seen full' });
	expect(error).toMatchObject({ code: 'STORE_FULL', message: expect.stringContaining('has 10.0 MB left') });

	const jobs = await takeAll(engine, 'emails');
	expect(idsOf(jobs)).toEqual(expect.arrayContaining(ids));
	for (const job of jobs) expect(await settle(engine, job, 'complete')).toMatchObject({ status: 'ok' });

	space.free = 1_000 * MB;
	await until(async () => (await refusal()) === undefined, { what: 'room for a push' });
});
