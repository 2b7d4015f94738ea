import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * What happens to what comes from a client: it is passed on; it disappears; or it is answered by the proxy itself, as one in
 * front of a server that is away would.
 */
export type ProxyMode = 'pass' | 'swallow' | { answer: string };

/** A TCP proxy in front of a server, which can lose an answer after the server has done the work. */
export class TcpProxy {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	/** Each makes one connection that has subscribed to something dead. */
	readonly #subscribers = new Set<() => void>();
	/** Applies to what comes from now on, over old connections too. A connection that has swallowed bytes stays dead. */
	mode: ProxyMode = 'pass';
	#loseReplyTo: ((request: string) => boolean) | null = null;
	#onLost: (() => void) | null = null;

	private constructor(targetPort: number) {
		this.#server = createServer((client) => this.#forward(client, connect(targetPort, '127.0.0.1')));
	}

	static async start(targetPort: number): Promise<TcpProxy> {
		const proxy = new TcpProxy(targetPort);
		proxy.#server.listen(0, '127.0.0.1');
		await once(proxy.#server, 'listening');
		onTestFinished(() => proxy.close());
		return proxy;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** Cuts the connection instead of delivering the answer to the next request that matches. Resolves when it has. */
	loseReplyTo(matches: (request: string) => boolean): Promise<void> {
		this.#loseReplyTo = matches;
		return new Promise((resolve) => {
			this.#onLost = resolve;
		});
	}

	/** Cuts every connection that is open now; new ones are let through. */
	cut(): void {
		for (const socket of this.#sockets) socket.resetAndDestroy();
	}

	/** Connections that have subscribed lose all bytes from now on, both ways, without a word to either side. */
	silenceSubscribers(): void {
		for (const silence of this.#subscribers) silence();
		this.#subscribers.clear();
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	#forward(client: Socket, server: Socket): void {
		let losing = false;
		let isDead = false;
		for (const socket of [client, server]) {
			this.#sockets.add(socket);
			socket.on('error', () => {});
			socket.on('close', () => {
				this.#sockets.delete(socket);
				client.destroy();
				server.destroy();
			});
		}
		client.on('data', (request) => {
			isDead ||= this.mode === 'swallow';
			if (/subscribe/i.test(request.toString('latin1'))) {
				this.#subscribers.add(() => {
					isDead = true;
				});
			}
			if (isDead) return;
			if (typeof this.mode === 'object') return void client.end(this.mode.answer);
			if (this.#loseReplyTo?.(request.toString('latin1'))) {
				losing = true;
				this.#loseReplyTo = null;
			}
			server.write(request);
		});
		server.on('data', (reply) => {
			if (isDead || this.mode === 'swallow') return;
			if (!losing) return void client.write(reply);
			client.resetAndDestroy();
			this.#onLost?.();
		});
	}
}
