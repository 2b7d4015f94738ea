export type { ClientSource } from '../source.ts';
export { Handle } from './handle.ts';
export {
	InjectClient,
	MILLRACE_CLIENT,
	MillraceModule,
	type MillraceModuleAsyncOptions,
	type MillraceModuleOptions,
} from './module.ts';
