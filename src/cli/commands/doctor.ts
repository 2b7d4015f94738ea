import { Command, Option } from 'commander';
import { DEFAULT_STORE } from '../serve-options.ts';

/** The flags of `millrace doctor`. */
export interface DoctorOptions {
	store?: string;
	url?: string;
	key?: string;
	topic?: string;
	repair?: boolean;
	json?: boolean;
}

/** `millrace doctor`: whether records and indexes of a store agree. */
export function doctorCommand(): Command {
	const store = `sqlite:<file>, redis(s)://… or redis(s)+sentinel://… (default: $REDIS_URL, else ${DEFAULT_STORE})`;
	return (
		new Command('doctor')
			.description('examine a store: whether its records and indexes agree; exits with 1 when something is left wrong')
			.addOption(new Option('--store <url>', store).env('MILLRACE_STORE'))
			.option('--url <url>', 'a server, which examines its store while it works')
			.addOption(new Option('--key <key>', 'for --url: a key with observe:*, or admin:* to repair').env('MILLRACE_KEY'))
			.option('--topic <name>', 'only this topic')
			.option('--repair', 'mend what can be mended for certain and without losing a job')
			.option('--json', 'a line of JSON for each defect, and one with the sums at the end')
			.allowExcessArguments(false)
			// Loaded when it runs, as the server is.
			.action(async (options: DoctorOptions, command: Command) => {
				const isAsked = command.getOptionValueSource('store') === 'cli';
				await (await import('../examining.ts')).examineStore(options, isAsked);
			})
	);
}
