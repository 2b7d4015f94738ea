import { type Client, type ConnectOptions, connect } from '../sdk/client.ts';

/** Where an adapter's client comes from: a store URL, or a client of your own, which you close yourself. */
export type ClientSource = ({ url: string; client?: never } & ConnectOptions) | { client: Client; url?: never };

interface Sourced {
	client: Client;
	/** Closes the client, unless it was given. Never throws. */
	close(): Promise<void>;
}

export function clientOf(source: ClientSource): Sourced {
	if (source.client !== undefined) return { client: source.client, close: async () => {} };
	const { url, client: _, ...options } = source;
	const client = connect(url, options);
	return { client, close: () => client.close() };
}
