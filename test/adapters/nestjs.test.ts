import 'reflect-metadata';
import { Injectable, Module, type ModuleMetadata, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { Handle, InjectClient, MILLRACE_CLIENT, MillraceModule } from '../../src/adapters/nestjs/index.ts';
import { Client as SdkClient } from '../../src/sdk/client.ts';
import { type Client, type JobContext, topic, type WorkJob } from '../../src/sdk/index.ts';

const greet = topic('greet', { input: z.object({ name: z.string() }), output: z.string() });

/** What TypeScript makes of a decorator before a method. */
function decorate(target: { prototype: object }, name: string, decorator: MethodDecorator): void {
	const descriptor = Object.getOwnPropertyDescriptor(target.prototype, name);
	if (descriptor !== undefined) decorator(target.prototype, name, descriptor);
}

/** A provider whose `greet` handles a topic. */
function greeter() {
	class Greeter {
		readonly #greeting = 'Hello';
		greet({ data }: WorkJob<{ name: string }>, _context: JobContext): string {
			return `${this.#greeting}, ${data.name}!`;
		}
	}
	decorate(Greeter, 'greet', Handle(greet) as MethodDecorator);
	return Greeter;
}

async function appWith(metadata: ModuleMetadata) {
	class AppModule {}
	Module(metadata)(AppModule);
	const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
	onTestFinished(() => app.close());
	return app;
}

test('a marked method works on jobs that an injected client pushes', async () => {
	class SignUp {
		readonly client: Client;
		constructor(client: Client) {
			this.client = client;
		}
	}
	InjectClient()(SignUp, undefined, 0);
	const app = await appWith({ imports: [MillraceModule.forRoot({ url: 'memory:' })], providers: [greeter(), SignUp] });
	const { client } = app.get(SignUp);
	expect(client).toBe(app.get(MILLRACE_CLIENT));
	const job = await client.push(greet, { name: 'Ada' });
	expect(await job.result()).toBe('Hello, Ada!');
});

test('forRootAsync takes its options from other providers; worker false only pushes', async () => {
	const Config = Symbol('config');
	class ConfigModule {}
	Module({ providers: [{ provide: Config, useValue: 'memory:' }], exports: [Config] })(ConfigModule);
	const millrace = MillraceModule.forRootAsync({
		imports: [ConfigModule],
		inject: [Config],
		useFactory: async (url: string) => ({ url, worker: false as const }),
	});
	const workers = vi.spyOn(SdkClient.prototype, 'workAll');
	onTestFinished(() => workers.mockRestore());
	const app = await appWith({ imports: [millrace], providers: [greeter()] });
	const job = await app.get<Client>(MILLRACE_CLIENT).push(greet, { name: 'Ada' });
	expect((await job.get())?.state).toBe('waiting');
	expect(workers).not.toHaveBeenCalled();
});

test('close lets handlers finish, and they can still push', async () => {
	let begin: (() => void) | undefined;
	const begun = new Promise<void>((resolve) => {
		begin = resolve;
	});
	const pushed: string[] = [];
	class Slow {
		async greet(_job: WorkJob<{ name: string }>, context: JobContext): Promise<string> {
			begin?.();
			await new Promise((resolve) => setTimeout(resolve, 200));
			pushed.push((await context.push('after', 1)).id);
			return 'done';
		}
	}
	decorate(Slow, 'greet', Handle(greet, { timeout: '5s' }) as MethodDecorator);
	const app = await appWith({ imports: [MillraceModule.forRoot({ url: 'memory:' })], providers: [Slow] });
	const client = app.get<Client>(MILLRACE_CLIENT);
	await client.push(greet, { name: 'Ada' });
	await begun;
	await app.close();
	expect(pushed).toHaveLength(1);
	await expect(client.push(greet, { name: 'Ada' })).rejects.toMatchObject({ code: 'CLOSED' });
});

test('what cannot work is an error at bootstrap that says what', async () => {
	const millrace = MillraceModule.forRoot({ url: 'memory:' });
	const [One, Two] = [greeter(), greeter()];
	await expect(appWith({ imports: [millrace], providers: [One, Two] })).rejects.toThrow(
		'MillraceModule cannot start: Greeter.greet and Greeter.greet both handle topic greet; keep one',
	);
	const PerRequest = greeter();
	Injectable({ scope: Scope.REQUEST })(PerRequest);
	await expect(appWith({ imports: [millrace], providers: [PerRequest] })).rejects.toThrow(
		'Greeter.greet handles jobs, so Greeter cannot be made anew for each request',
	);
	const away = MillraceModule.forRoot({ url: 'http://127.0.0.1:9', deadlineMs: 300 });
	await expect(appWith({ imports: [away] })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
	const none = MillraceModule.forRoot({} as { url: string });
	await expect(appWith({ imports: [none] })).rejects.toThrow('MillraceModule needs a store');
});

test('a provider under two tokens, and a method of a base class, are one handler', async () => {
	class Base extends greeter() {}
	const app = await appWith({
		imports: [MillraceModule.forRoot({ url: 'memory:' })],
		providers: [Base, { provide: 'alias', useExisting: Base }],
	});
	const job = await app.get<Client>(MILLRACE_CLIENT).push(greet, { name: 'Ada' });
	expect(await job.result()).toBe('Hello, Ada!');
});

test('Handle refuses a method that does not fit the topic, when it is compiled', () => {
	class Wrong {
		fits = ({ data }: WorkJob<{ name: string }>) => data.name;
		number = ({ data }: WorkJob<{ name: number }>) => String(data.name);
		nothing = () => 7;
	}
	const decorator = Handle(greet);
	const wrong = new Wrong();
	decorator(Wrong, 'fits', { value: wrong.fits });
	// @ts-expect-error: the data are of another type
	decorator(Wrong, 'number', { value: wrong.number });
	// @ts-expect-error: the result is of another type
	decorator(Wrong, 'nothing', { value: wrong.nothing });
	expect(decorator).toBeTypeOf('function');
});
