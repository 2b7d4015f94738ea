/** Exit code for a command line or a setting that cannot be used. */
export const USAGE_EXIT = 2;

/** Ends a command with one line for a person and an exit code for a script. */
export class Failure extends Error {
	readonly exitCode: number;

	constructor(message: string, exitCode: number) {
		super(message);
		this.exitCode = exitCode;
	}
}
