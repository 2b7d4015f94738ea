import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Client } from '../sdk/client.ts';
import type { WorkerOptions } from '../worker/options.ts';
import type { Registration } from '../worker/registration.ts';
import type { Worker } from '../worker/worker.ts';
import { type ClientSource, clientOf } from './source.ts';

declare module 'fastify' {
	interface FastifyInstance {
		/** The client that the `millrace` plugin has opened. */
		millrace: Client;
	}
}

export type MillraceFastifyOptions = ClientSource & {
	/** What this process works on: made with `handle` and `handleBatch`. Default: nothing, it only pushes. */
	handlers?: Registration[];
	/** Concurrency, lease, grace … of the worker. */
	worker?: WorkerOptions;
};

/**
 * A Fastify plugin: `app.millrace` pushes jobs, and `handlers` are worked on.
 *
 *     await app.register(millrace, { url: 'redis://127.0.0.1:6379', handlers: [handle(emails, sendEmail)] });
 *
 * The store is opened and the worker started when the app gets ready, which fails as `client.ready()` does. `app.close()` ends
 * them once the requests under way are answered: handlers finish within the worker's grace, then the store is let go.
 */
const plugin: FastifyPluginAsync<MillraceFastifyOptions> = async (app: FastifyInstance, options) => {
	const { handlers = [], worker: workerOptions, ...source } = options;
	const { client, close } = clientOf(source);
	let worker: Worker | undefined;
	app.decorate('millrace', client);
	app.addHook('onReady', async () => {
		await client.ready();
		if (handlers.length > 0) worker = client.workAll(handlers, workerOptions);
	});
	app.addHook('onClose', async () => {
		await worker?.close();
		await close();
	});
};

export const millrace: FastifyPluginAsync<MillraceFastifyOptions> = Object.assign(plugin, {
	// What fastify-plugin sets: the decorator is for the whole app, not only for this plugin.
	[Symbol.for('skip-override')]: true,
	[Symbol.for('fastify.display-name')]: 'millrace',
	[Symbol.for('plugin-meta')]: { name: 'millrace', fastify: '5.x' },
});
