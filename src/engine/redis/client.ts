import { createClient } from 'redis';

/** One connected client of the `redis` package. */
export type Client = ReturnType<typeof newClient>;

export function newClient(url: string) {
	return createClient({
		url,
		// A connection makes a new client after every broken one, so the library must neither queue nor reconnect:
		// a promise that it keeps pending for a server that hangs would otherwise outlive our deadline.
		disableOfflineQueue: true,
		disableClientInfo: true,
		// Every call has our own deadline; the library's costs an AbortSignal a command, some 30 µs.
		commandOptions: { timeout: 0 },
		maintNotifications: 'disabled',
		socket: { reconnectStrategy: false, keepAlive: true, noDelay: true },
	});
}

/** Ends a client in whatever state it is; the library throws for one that never connected. */
export function destroy(client: Client): void {
	try {
		client.destroy();
	} catch {}
}
