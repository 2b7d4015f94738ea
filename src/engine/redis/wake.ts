import { formatId } from '../../core/ids.ts';
import type { WorkHint } from '../engine.ts';
import { Connection } from './connection.ts';
import { wakeChannel } from './keys.ts';

interface WakeOptions {
	url: string;
	prefix: string;
	deadlineMs: number;
	onHint: (hint: WorkHint) => void;
	/** Active jobs were cancelled. */
	onCancel: (ids: string[]) => void;
	/** Called after every (re)subscription: hints may have been missed until now. */
	onSubscribed: () => void;
	/** Hints are missed from now on, until the next subscription. */
	onLost: () => void;
}

/** How often the connection is tried: one that died without a word would be taken for silence. */
const PING_MS = 10_000;

/** The subscription to the hints that scripts publish, on a connection of its own. */
export class Wake {
	readonly #connection: Connection;
	#pings: NodeJS.Timeout | undefined;

	constructor(options: WakeOptions) {
		const { url, deadlineMs, onHint, onCancel, onSubscribed, onLost } = options;
		this.#connection = new Connection({
			url,
			deadlineMs,
			onLost,
			onConnect: async (client) => {
				await client.subscribe(wakeChannel(options.prefix), (message) => {
					const [topic = '', text = ''] = message.split(' ');
					if (/^\d+$/.test(text)) onHint({ topic, inMs: Number(text) });
					const numbers = /^!([\d,]+)$/.exec(text)?.[1];
					if (numbers !== undefined) onCancel(numbers.split(',').map((number) => formatId(topic, Number(number))));
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
	async open(): Promise<void> {
		await this.#connection.open();
		this.#pings = setInterval(() => void this.#ping(), PING_MS);
		this.#pings.unref();
	}

	/** An answer that does not come within the deadline makes a new connection, which subscribes anew. */
	async #ping(): Promise<void> {
		await this.#connection.run((client) => client.ping(), false).catch(() => {});
	}

	close(): void {
		clearInterval(this.#pings);
		this.#connection.close();
	}
}
