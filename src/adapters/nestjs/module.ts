import { type DynamicModule, type FactoryProvider, Inject, Module, type ModuleMetadata } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import type { WorkerOptions } from '../../worker/options.ts';
import type { ClientSource } from '../source.ts';
import { MillraceLifecycle } from './lifecycle.ts';

export type MillraceModuleOptions = ClientSource & {
	/** Concurrency, lease, grace … of the worker; false for a process that only pushes. Default: a worker's defaults. */
	worker?: WorkerOptions | false;
};

export interface MillraceModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
	/** What `useFactory` gets. */
	inject?: FactoryProvider['inject'];
	useFactory: (...injected: never[]) => MillraceModuleOptions | Promise<MillraceModuleOptions>;
}

/** Injects the `Client`: `@Inject(MILLRACE_CLIENT) client: Client`, or `@InjectClient()`. */
export const MILLRACE_CLIENT: unique symbol = Symbol.for('millrace.nestjs.client');

const OPTIONS = Symbol.for('millrace.nestjs.options');

export const InjectClient = (): ReturnType<typeof Inject> => Inject(MILLRACE_CLIENT);

/**
 * Jobs in a Nest app: the client is injectable everywhere, and methods marked with `@Handle` work on jobs.
 *
 * The worker starts when the app has been bootstrapped. At `app.close()`, and at signals after `app.enableShutdownHooks()`,
 * `beforeApplicationShutdown` lets handlers finish within the worker's grace; the client closes last, in
 * `onApplicationShutdown`. So let go of what handlers use no sooner than there.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's modules are classes.
export class MillraceModule {
	static forRoot(options: MillraceModuleOptions): DynamicModule {
		return moduleWith({ provide: OPTIONS, useValue: options });
	}

	/** Options that other providers know, such as a config service. */
	static forRootAsync({ imports = [], inject = [], useFactory }: MillraceModuleAsyncOptions): DynamicModule {
		const useAny = useFactory as (...injected: unknown[]) => ReturnType<typeof useFactory>;
		return moduleWith({ provide: OPTIONS, inject, useFactory: useAny }, imports);
	}
}

// Applied as a function: decorator syntax is not erasable.
Module({})(MillraceModule);

type OptionsProvider = NonNullable<DynamicModule['providers']>[number];

function moduleWith(options: OptionsProvider, imports: DynamicModule['imports'] = []): DynamicModule {
	return {
		module: MillraceModule,
		global: true,
		imports: [DiscoveryModule, ...imports],
		providers: [
			options,
			{
				provide: MillraceLifecycle,
				inject: [OPTIONS, DiscoveryService],
				useFactory: (given: MillraceModuleOptions, discovery: DiscoveryService) =>
					new MillraceLifecycle(given, discovery),
			},
			{
				provide: MILLRACE_CLIENT,
				inject: [MillraceLifecycle],
				useFactory: ({ client }: MillraceLifecycle) => client,
			},
		],
		exports: [MILLRACE_CLIENT],
	};
}
