/** The flags of `millrace serve`, checked. */
export interface ServeOptions {
	host: string;
	port: number;
	store?: string;
	leaseMs: number;
	maxAttempts: number;
	maxBodyBytes: number;
	maxConnections: number;
	logLevel: string;
	tlsCert?: string;
	tlsKey?: string;
	/** Listens beyond this machine although nobody needs a key. */
	insecure?: boolean;
}

export const DEFAULT_STORE = 'sqlite:./millrace.db';
