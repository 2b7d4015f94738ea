export interface FoundServer {
	/** A command that starts the server; undefined when none will do. */
	path: string | undefined;
	version: string | undefined;
	/** One line for each server that was found and cannot be used. */
	problems: string[];
}

export function findRedisServer(env?: NodeJS.ProcessEnv): FoundServer;
