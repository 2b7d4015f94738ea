import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { isMillraceError, MillraceError } from '../../core/errors.ts';
import type { Worker } from '../../worker/worker.ts';
import { type ClientSource, clientOf } from '../source.ts';
import { discoverHandlers } from './discover.ts';
import type { MillraceModuleOptions } from './module.ts';

/**
 * The client and the worker of an app, by Nest's hooks.
 *
 *     onApplicationBootstrap: store open, worker started ──► beforeApplicationShutdown: worker closed ──► onApplicationShutdown: client closed
 */
export class MillraceLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
	readonly #options: MillraceModuleOptions;
	readonly #discovery: DiscoveryService;
	readonly #source: ReturnType<typeof clientOf>;
	#worker: Worker | undefined;

	/** @throws INVALID for options that name no store */
	constructor(options: MillraceModuleOptions, discovery: DiscoveryService) {
		this.#options = options;
		this.#discovery = discovery;
		this.#source = clientOf(sourceOf(options));
	}

	get client() {
		return this.#source.client;
	}

	/** @throws INVALID for handlers that can't be, UNAVAILABLE or STORE_REFUSED when the store can't be opened */
	async onApplicationBootstrap(): Promise<void> {
		const { worker = {} } = this.#options;
		try {
			const handlers = worker === false ? [] : discoverHandlers(this.#discovery);
			await this.client.ready();
			if (worker !== false && handlers.length > 0) this.#worker = this.client.workAll(handlers, worker);
		} catch (error) {
			await this.#source.close();
			throw named(error);
		}
	}

	async beforeApplicationShutdown(): Promise<void> {
		await this.#worker?.close();
	}

	async onApplicationShutdown(): Promise<void> {
		await this.#source.close();
	}
}

function sourceOf(options: MillraceModuleOptions | undefined): ClientSource {
	const { url, client } = options ?? {};
	if (client !== undefined) return { client };
	if (options === undefined || typeof url !== 'string') {
		const message = "MillraceModule needs a store: forRoot({ url: 'redis://127.0.0.1:6379' }), or a client";
		throw new MillraceError('INVALID', message, { invalid: { field: 'url', value: url } });
	}
	const { worker: _, client: __, ...source } = options;
	return { ...source, url };
}

function named(error: unknown): unknown {
	if (!isMillraceError(error)) return error;
	return new MillraceError(error.code, `MillraceModule cannot start: ${error.message}`, { cause: error });
}
