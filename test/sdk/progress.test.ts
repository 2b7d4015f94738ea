import { describe, expect, test } from 'vitest';
import { gate } from '../support/gate.ts';
import { connected, freshTopic, STORES } from '../support/stores.ts';
import { until } from '../support/wait.ts';

describe.each(STORES)('progress on $name', ({ url }) => {
	test('what a handler says of how far it is can be read while it works, and afterwards', async () => {
		const client = connected(await url());
		const name = freshTopic();
		const goOn = gate();
		client.work(name, async (_job, { progress }) => {
			await progress({ done: 3, of: 10 });
			await goOn.opened;
			await progress('nearly');
		});
		const job = await client.push(name, null);
		await until(async () => (await job.get())?.progress === '{"done":3,"of":10}', { what: 'the progress' });
		goOn.open();
		await job.result();
		expect(await job.get()).toMatchObject({ state: 'completed', progress: '"nearly"' });
	});

	test('progress that JSON cannot hold fails the handler that said it', async () => {
		const client = connected(await url());
		const name = freshTopic();
		client.work(name, async (_job, { progress }) => progress(10n));
		const job = await client.push(name, null, { maxAttempts: 1 });
		await expect(job.result()).rejects.toMatchObject({ code: 'JOB_DEAD' });
		expect((await job.get())?.error).toMatch(/progress must be a value that JSON can hold/);
	});
});
