/** A shutdown that has not ended by then ends by force, so that a supervisor's 10 s are never used up. */
const HARD_DEADLINE_MS = 9_500;

/** Resolves with the first SIGTERM or SIGINT. The second one ends the process at once with exit code 1. */
export function stopSignal(): Promise<NodeJS.Signals> {
	return new Promise((resolve) => {
		let stopping = false;
		for (const signal of ['SIGTERM', 'SIGINT'] as const) {
			process.on(signal, () => {
				if (stopping) process.exit(1);
				stopping = true;
				resolve(signal);
			});
		}
	});
}

/** Ends the process with exit code 1 when it has not been cancelled in time. */
export function hardDeadline(): () => void {
	const timer = setTimeout(() => {
		process.stderr.write('millrace: the shutdown did not end in time; exiting\n');
		process.exit(1);
	}, HARD_DEADLINE_MS);
	return () => clearTimeout(timer);
}
