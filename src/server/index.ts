export { createServer, type ServerOptions } from './app.ts';
export type { ServerDefaults, ServerLog } from './context.ts';
export { type Service, type ServiceOptions, startService } from './service.ts';
