import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from '../engine/open.ts';
import type { FromThread, ThreadData, ToThread } from './lease-keeper.ts';
import { Leases } from './leases.ts';

// The lease thread: it renews leases over a connection of its own, so that a handler that keeps the main thread busy keeps
// its leases. It stops renewing when the main thread has not ticked for `maxBlockMs`.

const { url, leaseMs, maxBlockMs, ticks } = workerData as ThreadData;
const tick = new Int32Array(ticks);
let lastTick = -1;
let tickedAt = performance.now();

function mayRenew(): boolean {
	const now = Atomics.load(tick, 0);
	if (now !== lastTick) {
		lastTick = now;
		tickedAt = performance.now();
	}
	return performance.now() - tickedAt <= maxBlockMs;
}

const send = (message: FromThread) => parentPort?.postMessage(message);

const engine = await createEngine(url);
const leases = new Leases({
	extend: async (held, ms) => {
		await opened();
		return engine.extend(held, ms);
	},
	leaseMs,
	onLost: (lost) => send({ lost }),
	mayRenew,
});

let opening: Promise<void> | null = null;

/** The store may be away when the thread starts: then each renewal tries anew. */
function opened(): Promise<void> {
	if (opening === null) {
		opening = engine.open();
		opening.catch(() => {
			opening = null;
		});
	}
	return opening;
}

parentPort?.on('message', async (message: ToThread) => {
	if ('hold' in message) leases.hold(message.hold.id, message.hold.token, message.leftMs);
	if ('drop' in message) leases.drop(message.drop.id, message.drop.token);
	if ('close' in message) {
		leases.close();
		await engine.close();
		parentPort?.close();
	}
});
