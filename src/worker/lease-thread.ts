import { parentPort, workerData } from 'node:worker_threads';
import type { Engine } from '../engine/engine.ts';
import { createEngine } from '../engine/open.ts';
import type { FromThread, ThreadData, ToThread } from './lease-keeper.ts';
import { LeaseReader, sharedNow } from './lease-table.ts';
import { Leases } from './leases.ts';

// The lease thread: it renews leases over a connection of its own, so that a handler that keeps the main thread busy keeps
// its leases. It stops renewing when the main thread has not ticked for `maxBlockMs`.

const REOPEN_MS = 500;

const { url, key, leaseMs, maxBlockMs, ticks } = workerData as ThreadData;
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
			const engine = await createEngine(url, { key, hints: false });
			await engine.open();
			return engine;
		} catch {
			await new Promise((resolve) => setTimeout(resolve, REOPEN_MS));
		}
	}
}

const engine = await openStore();
const table = new LeaseReader();
const leases = new Leases({
	extend: (held, ms) => engine.extend(held, ms),
	leaseMs,
	onLost: (lost, cancelled) => send({ lost, cancelled }),
	mayRenew,
	beforeRenewal: () => follow(0),
});

/** @param atLeastMs how long every lease runs from now: what the main thread has renewed so far does not stand in the table */
function follow(atLeastMs: number): void {
	const { held, dropped } = table.changes();
	const now = sharedNow();
	for (const { id, token } of dropped) leases.drop(id, token);
	for (const { id, token, endsAt } of held) leases.hold(id, token, Math.max(endsAt - now, atLeastMs));
}

let begun = false;

function begin(): void {
	follow(leaseMs);
	send({ ready: true });
}

// What was sent before the store was open has waited in the port and comes now, all of it together: the first piece of the table at least.
parentPort?.on('message', async (message: ToThread) => {
	if (!begun) setImmediate(begin);
	begun = true;
	if (!('close' in message)) return table.learn(message);
	leases.close();
	await engine.close();
	// Deno's port has no close; its thread ends with the process.
	if (parentPort !== null && 'close' in parentPort) parentPort.close();
});
