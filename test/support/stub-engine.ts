import { DIRECT, type Engine, type Sweep, type WorkHint } from '../../src/engine/engine.ts';

const NOTHING_TO_DO: Sweep = { count: 0, more: false, nextInMs: null };

/** An engine of which a test plays the parts that it is about. Calling any other part is a mistake of the test. */
export function stubEngine(parts: Partial<Engine>) {
	const listeners = new Set<(hint: WorkHint) => void>();
	const sweep = () => Promise.resolve(NOTHING_TO_DO);
	const basis: Partial<Engine> = {
		supports: { persistence: false, sharing: false, ...DIRECT },
		promote: sweep,
		reclaim: sweep,
		prune: sweep,
		onCancel: () => () => {},
		onWork(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
	return {
		engine: { ...basis, ...parts } as Engine,
		hint: (hint: WorkHint) => {
			for (const listener of listeners) listener(hint);
		},
		listeners,
	};
}
