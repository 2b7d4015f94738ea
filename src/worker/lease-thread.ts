import { parentPort, workerData } from 'node:worker_threads';
import type { Engine } from '../engine/engine.ts';
import { createEngine } from '../engine/open.ts';
import type { FromThread, ThreadData, ToThread } from './lease-keeper.ts';
import { Leases } from './leases.ts';

// The lease thread: it renews leases over a connection of its own, so that a handler that keeps the main thread busy keeps
// its leases. It stops renewing when the main thread has not ticked for `maxBlockMs`.

const REOPEN_MS = 500;

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

/** The store may be away when the thread starts. Until it is there the main thread renews, and ends this one if it closes. */
async function openStore(): Promise<Engine> {
	while (true) {
		try {
			// A new one each time: an engine that failed to open is closed.
			const engine = await createEngine(url);
			await engine.open();
			return engine;
		} catch {
			await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
		}
	}
}

const engine = await openStore();
const leases = new Leases({
	extend: (held, ms) => engine.extend(held, ms),
	leaseMs,
	onLost: (lost, cancelled) => send({ lost, cancelled }),
	mayRenew,
});

// What was sent before the store was open has waited in the port, and comes now.
parentPort?.on('message', async (message: ToThread) => {
	if ('close' in message) {
		leases.close();
		await engine.close();
		// Deno's port has no close; its thread ends with the process.
		if (parentPort !== null && 'close' in parentPort) parentPort.close();
		return;
	}
	for (const { id, token, leftMs } of message.hold) leases.hold(id, token, leftMs);
	for (const { id, token } of message.drop) leases.drop(id, token);
});
send({ ready: true });
