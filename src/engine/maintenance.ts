import type { Engine, Sweep } from './engine.ts';

interface MaintenanceOptions {
	/** Told once when sweeps begin to fail, not again before they have worked. */
	onError: (error: unknown) => void;
	/** Awaited before leases are reclaimed, so that a process whose own loop was blocked can renew its leases first. */
	beforeReclaim?: () => Promise<void>;
}

/** Without a hint every store is looked at this often, so that a lost hint costs no more than this. */
const LONGEST_PAUSE_MS = 1_000;
/** A next time of "at once" that needed no work yet: a clock that reads a fraction early must not spin. */
const SHORTEST_PAUSE_MS = 5;

/**
 * Keeps an engine's jobs moving: promotes due jobs, reclaims expired leases, prunes. Every sweep is bounded and harmless
 * to repeat, so that any number of processes may run this on one store and none has to lead.
 *
 *     stopped ── start() ──► sweeping ⇄ pausing (until the next due time, a hint, or 1 s) ── stop() ──► stopped
 */
export class Maintenance {
	readonly #engine: Engine;
	readonly #options: MaintenanceOptions;
	#running: Promise<void> | null = null;
	#stopped = false;
	#failing = false;
	#endPause: (() => void) | null = null;
	#pauseEndsAt = 0;
	/** When the earliest falls due that was hinted at since the sweep began. */
	#hintedAt = Number.POSITIVE_INFINITY;

	constructor(engine: Engine, options: MaintenanceOptions) {
		this.#engine = engine;
		this.#options = options;
	}

	start(): void {
		this.#stopped = false;
		this.#running ??= this.#run();
	}

	/** Resolves when the sweep under way has ended. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#endPause?.();
		await this.#running;
		this.#running = null;
	}

	async #run(): Promise<void> {
		const unsubscribe = this.#engine.onWork(({ inMs }) => {
			if (inMs > 0) this.#hear(inMs);
		});
		while (!this.#stopped) {
			this.#hintedAt = Number.POSITIVE_INFINITY;
			const nextInMs = await this.#sweepAll();
			const hintedInMs = Math.max(SHORTEST_PAUSE_MS, this.#hintedAt - performance.now());
			if (!this.#stopped) await this.#pause(Math.min(nextInMs, hintedInMs));
		}
		unsubscribe();
	}

	/** Returns ms until there is something to do. One kind that fails does not keep the others from running. */
	async #sweepAll(): Promise<number> {
		const engine = this.#engine;
		const reclaim = async () => {
			await this.#options.beforeReclaim?.();
			return engine.reclaim();
		};
		const steps = [() => engine.promote(), reclaim, () => engine.prune()];
		let nextInMs = LONGEST_PAUSE_MS;
		let failed = false;
		for (const step of steps) {
			try {
				nextInMs = Math.min(nextInMs, waitAfter(await step()));
			} catch (error) {
				failed = true;
				if (!this.#failing) this.#options.onError(error);
				this.#failing = true;
			}
		}
		if (!failed) this.#failing = false;
		return failed ? LONGEST_PAUSE_MS : nextInMs;
	}

	#pause(ms: number): Promise<void> {
		return new Promise((resolve) => {
			this.#pauseEndsAt = performance.now() + ms;
			// A hint's timer may fire when its pause is over and another has begun: each end ends its own.
			const end = () => {
				clearTimeout(timer);
				if (this.#endPause === end) this.#endPause = null;
				resolve();
			};
			const timer = setTimeout(end, ms);
			this.#endPause = end;
		});
	}

	/** A hint says that something falls due: the pause ends then, also one that begins only after the sweep under way. */
	#hear(inMs: number): void {
		const at = performance.now() + inMs;
		const end = this.#endPause;
		if (end === null) {
			this.#hintedAt = Math.min(this.#hintedAt, at);
		} else if (at < this.#pauseEndsAt) {
			this.#pauseEndsAt = at;
			setTimeout(end, inMs).unref();
		}
	}
}

function waitAfter({ more, nextInMs }: Sweep): number {
	if (more) return 0;
	return Math.max(SHORTEST_PAUSE_MS, nextInMs ?? LONGEST_PAUSE_MS);
}
