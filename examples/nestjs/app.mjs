// A Nest app whose provider works on jobs. In TypeScript the decorators stand where they are named in the comments.
//
//   node examples/nestjs/app.mjs
import 'reflect-metadata';
import { Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { topic } from 'millrace';
import { Handle, MILLRACE_CLIENT, MillraceModule } from 'millrace/nestjs';

const greet = topic('greet');

class Greeter {
	// @Handle(greet, { timeout: '30s' })
	greet({ data }) {
		return `Hello, ${data.name}!`;
	}
}
decorate(Greeter, 'greet', Handle(greet, { timeout: '30s' }));

class SignUp {
	// constructor(@Inject(MILLRACE_CLIENT) private readonly client: Client) {}
	constructor(client) {
		this.client = client;
	}

	async signUp(name) {
		const job = await this.client.push(greet, { name });
		return job.result();
	}
}
Inject(MILLRACE_CLIENT)(SignUp, undefined, 0);

// @Module({ imports: [MillraceModule.forRoot({ url: … })], providers: [Greeter, SignUp] })
class AppModule {}
Module({
	imports: [MillraceModule.forRoot({ url: process.env.STORE ?? 'sqlite:./jobs.db', worker: { concurrency: 50 } })],
	providers: [Greeter, SignUp],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
// SIGTERM lets handlers finish, then closes the store.
app.enableShutdownHooks();
console.log(await app.get(SignUp).signUp('Ada'));
if (process.env.ONCE) await app.close();

/** What TypeScript makes of a decorator before a method. */
function decorate(target, name, decorator) {
	const descriptor = Object.getOwnPropertyDescriptor(target.prototype, name);
	Object.defineProperty(target.prototype, name, decorator(target.prototype, name, descriptor) ?? descriptor);
}
