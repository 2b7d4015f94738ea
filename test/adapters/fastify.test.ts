import fastify from 'fastify';
import { expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import { type MillraceFastifyOptions, millrace } from '../../src/adapters/fastify.ts';
import { type Client, connect, handle, topic } from '../../src/sdk/index.ts';

const greet = topic('greet');
const hello = handle(greet, () => 'Hello!');

async function appWith(options: MillraceFastifyOptions) {
	const app = fastify();
	onTestFinished(() => app.close());
	await app.register(millrace, options);
	return app;
}

test('app.millrace pushes, and the handlers work', async () => {
	const app = await appWith({ url: 'memory:', handlers: [hello] });
	expectTypeOf(app.millrace).toEqualTypeOf<Client>();
	app.post('/', async () => ({ id: (await app.millrace.push(greet, 1)).id }));
	const { id } = (await app.inject({ method: 'POST', url: '/' })).json();
	expect(await app.millrace.job(greet, id).result()).toBe('Hello!');
});

test('no worker starts before the app is ready, and none without handlers', async () => {
	const client = connect('memory:');
	onTestFinished(() => client.close());
	const workers = vi.spyOn(client, 'workAll');
	const app = await appWith({ client, handlers: [hello] });
	const job = await app.millrace.push(greet, 1);
	expect(workers).not.toHaveBeenCalled();
	await app.ready();
	expect(await job.result()).toBe('Hello!');
	expect(workers).toHaveBeenCalledTimes(1);
	const producer = await appWith({ client });
	await producer.ready();
	expect(workers).toHaveBeenCalledTimes(1);
});

test('close lets handlers finish, then closes the client', async () => {
	let finished = false;
	let begin: (() => void) | undefined;
	const begun = new Promise<void>((resolve) => {
		begin = resolve;
	});
	const slow = handle(greet, async () => {
		begin?.();
		await new Promise((resolve) => setTimeout(resolve, 200));
		finished = true;
	});
	const app = await appWith({ url: 'memory:', handlers: [slow] });
	await app.ready();
	await app.millrace.push(greet, 1);
	await begun;
	await app.close();
	expect(finished).toBe(true);
	await expect(app.millrace.push(greet, 1)).rejects.toMatchObject({ code: 'CLOSED' });
});

test('a client of your own stays open', async () => {
	const client = connect('memory:');
	onTestFinished(() => client.close());
	const app = await appWith({ client, handlers: [hello] });
	await app.ready();
	expect(app.millrace).toBe(client);
	await app.close();
	expect((await (await client.push(greet, 1)).get())?.state).toBe('waiting');
});

test('a store that is away keeps the app from getting ready, with what is wrong', async () => {
	const app = await appWith({ url: 'http://127.0.0.1:9', deadlineMs: 300 });
	await expect(app.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
