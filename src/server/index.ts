export type { PolicyDefaults } from '../engine/topic-defaults.ts';
export { createServer, type ServerOptions } from './app.ts';
export type { ServerLog } from './context.ts';
export { type Service, type ServiceOptions, startService } from './service.ts';
