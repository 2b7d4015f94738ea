export { createServer, type ServerOptions } from './app.ts';
export type { ServerDefaults, ServerLog } from './context.ts';
export {
	DEFAULT_LEASE_MS,
	DEFAULT_MAX_ATTEMPTS,
	type Service,
	type ServiceOptions,
	startService,
} from './service.ts';
