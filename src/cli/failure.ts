/** Exit code for a command line or a setting that cannot be used. */
export const USAGE_EXIT = 2;

/** Exit code of a command that a server refuses for want of a key, or of a scope. */
export const AUTH_EXIT = 4;

/** Exit code of a command that works on a store or a server and cannot reach it. */
export const UNREACHABLE_EXIT = 6;

/** Ends a command with one line for a person and an exit code for a script. */
export class Failure extends Error {
	readonly exitCode: number;

	constructor(message: string, exitCode: number) {
		super(message);
		this.exitCode = exitCode;
	}
}
