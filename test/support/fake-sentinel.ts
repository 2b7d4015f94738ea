import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a sentinel says: where the primary is, that it knows none of that name, nothing at all, or an error. */
export type Saying = { port: number } | 'unknown' | 'silence' | { error: string };

/** A sentinel that says what a test lets it say. */
export class FakeSentinel {
	says: Saying;
	/** How often it was asked. */
	asked = 0;
	readonly #server: Server;

	private constructor(says: Saying) {
		this.says = says;
		this.#server = createServer((socket) => {
			socket.on('error', () => {});
			socket.on('data', (request) => {
				const text = request.toString('latin1');
				if (/hello/i.test(text)) socket.write('%1\r\n+proto\r\n:3\r\n');
				if (!/get-master-addr-by-name/i.test(text)) return;
				this.asked++;
				const answer = this.#answer();
				if (answer !== null) socket.write(answer);
			});
		});
	}

	static async start(says: Saying): Promise<FakeSentinel> {
		const sentinel = new FakeSentinel(says);
		sentinel.#server.listen(0, '127.0.0.1');
		await once(sentinel.#server, 'listening');
		onTestFinished(() => void sentinel.#server.close());
		return sentinel;
	}

	get address(): string {
		return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	#answer(): string | null {
		const { says } = this;
		if (says === 'silence') return null;
		if (says === 'unknown') return '*-1\r\n';
		if ('error' in says) return `-${says.error}\r\n`;
		const port = String(says.port);
		return `*2\r\n$9\r\n127.0.0.1\r\n$${port.length}\r\n${port}\r\n`;
	}
}
