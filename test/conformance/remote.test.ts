import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { batching } from '../../src/engine/batching.ts';
import type { Engine, Outcome, TakeRequest, Wait } from '../../src/engine/engine.ts';
import { RemoteEngine } from '../../src/engine/remote/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { createServer } from '../../src/server/app.ts';
import { exerciseEngine } from './suite.ts';

interface Running {
	url: string;
	/** The engine of the server. */
	inner: Engine;
}

/** A server on a store in memory, which ends with the test. */
async function startServer(clock: Clock): Promise<Running> {
	const inner = batching(new SqliteEngine({ path: ':memory:', clock }));
	await inner.open();
	const app = createServer({ engine: inner, defaults: { leaseMs: 60_000, maxAttempts: 4 } });
	onTestFinished(async () => {
		await app.close();
		await inner.close();
	});
	return { url: await app.listen({ host: '127.0.0.1', port: 0 }), inner };
}

/** The seam's default, which over HTTP is the server's to choose. */
function atOnce(outcome: Outcome): Outcome {
	return outcome.outcome === 'retry' ? { delayMs: 0, ...outcome } : outcome;
}

/**
 * A RemoteEngine with what its server does by itself put into the hands of the suite: the sweeps, at the moment that a test
 * chooses, and a retry without a delay as one at once. A closed engine refuses a sweep itself, so it is asked first.
 */
function inHands(start: () => Promise<Running>): Engine {
	let remote = new RemoteEngine({ url: 'http://127.0.0.1:1' });
	let running: Running | undefined;
	const own: Partial<Engine> = {
		async open() {
			running = await start();
			remote = new RemoteEngine({ url: running.url });
			await remote.open();
		},
		settle: (outcomes) => remote.settle(outcomes.map(atOnce)),
		settleAndTake: (outcomes: Outcome[], request: TakeRequest, wait?: Wait) =>
			remote.settleAndTake(outcomes.map(atOnce), request, wait),
	};
	for (const sweep of ['promote', 'reclaim', 'prune'] as const) {
		own[sweep] = async () => {
			const none = await remote[sweep]();
			return running === undefined ? none : running.inner[sweep]();
		};
	}
	return new Proxy({} as Engine, {
		get(_target, name) {
			const mine: unknown = Reflect.get(own, name);
			if (mine !== undefined) return mine;
			const theirs: unknown = Reflect.get(remote, name);
			return typeof theirs === 'function' ? theirs.bind(remote) : theirs;
		},
	});
}

exerciseEngine('RemoteEngine', {
	newStore: () => {
		let server: Promise<Running> | undefined;
		return {
			engine: (clock) =>
				inHands(() => {
					server ??= startServer(clock);
					return server;
				}),
		};
	},
});
