import type { Engine } from './engine.ts';

/** Keeps an engine's jobs moving: promotes due jobs, reclaims expired leases, prunes. Safe to run in any number of processes. */
export class Maintenance {
	constructor(_engine: Engine, _options: { onError: (error: unknown) => void }) {}
	start(): void {}
	async stop(): Promise<void> {}
}
