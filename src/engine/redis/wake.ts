import type { WorkHint } from '../engine.ts';
import { Connection } from './connection.ts';
import { wakeChannel } from './keys.ts';

interface WakeOptions {
	url: string;
	prefix: string;
	deadlineMs: number;
	onHint: (hint: WorkHint) => void;
	/** Called after every (re)subscription: hints may have been missed until now. */
	onSubscribed: () => void;
}

/** The subscription to the hints that scripts publish, on a connection of its own. */
export class Wake {
	readonly #connection: Connection;

	constructor(options: WakeOptions) {
		const { url, deadlineMs, onHint, onSubscribed } = options;
		this.#connection = new Connection({
			url,
			deadlineMs,
			onConnect: async (client) => {
				await client.subscribe(wakeChannel(options.prefix), (message) => {
					const hint = parseHint(message);
					if (hint !== null) onHint(hint);
				});
				onSubscribed();
			},
		});
	}

	/** True while hints arrive. */
	get isListening(): boolean {
		return this.#connection.isReady;
	}

	/** @throws UNAVAILABLE */
	open(): Promise<void> {
		return this.#connection.open();
	}

	close(): void {
		this.#connection.close();
	}
}

function parseHint(message: string): WorkHint | null {
	const [topic, inMs] = message.split(' ');
	return topic && /^\d+$/.test(inMs ?? '') ? { topic, inMs: Number(inMs) } : null;
}
