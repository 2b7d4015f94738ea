import { Command, InvalidArgumentError, Option } from 'commander';
import { GRANT, SCOPES } from '../../core/access.ts';
import { LIMITS } from '../../core/limits.ts';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const GRANTS = `
A grant is SCOPE:TOPIC, SCOPE:PREFIX* or SCOPE:*, with a scope of ${SCOPES.join(', ')}.
Exit codes: 0 done, 1 failed, 2 usage, 3 no such key, 4 not allowed, 6 no server there.`;

/** `millrace keys`: who may call a server, and for what. */
export function keysCommand(): Command {
	const group = new Command('keys').description('make, list and revoke the keys of a server');
	const create = onServer(new Command('create').description('make a key; its secret goes to stdout, once'))
		.requiredOption('--name <name>', 'who it is for; the audit log calls the actor so')
		.addOption(grants('--allow', 'what it may do').makeOptionMandatory())
		.addOption(grants('--deny', 'what it may not do, whatever is allowed').default([]))
		.addOption(new Option('--expires <duration>', 'how long it is good, such as 12h or 90d').argParser(durationMs))
		.addOption(new Option('--rate <n>', 'requests a second that it may make of each server').argParser(requests))
		.addOption(new Option('--burst <n>', 'how many of them at once (default: those of a second)').argParser(requests))
		.action(async (options) => (await import('../keys.ts')).createKey(options));
	const list = onServer(new Command('list').description('list the keys, the latest first')).action(async (options) =>
		(await import('../keys.ts')).listKeys(options),
	);
	const revoke = onServer(new Command('revoke').description('end a key, on all servers within seconds'))
		.argument('<id>', 'as the list shows it')
		.action(async (id, options) => (await import('../keys.ts')).revokeKey(id, options));
	return group.addCommand(create).addCommand(list).addCommand(revoke).addHelpText('after', GRANTS);
}

function onServer(command: Command): Command {
	return command
		.addOption(new Option('--url <url>', 'the server').env('MILLRACE_URL').default('http://127.0.0.1:7420'))
		.addOption(
			new Option('--key <key>', 'a key with admin:*; others can see what stands in a command line').env('MILLRACE_KEY'),
		)
		.option('--json', 'answer in JSON')
		.allowExcessArguments(false);
}

function grants(flag: string, text: string): Option {
	return new Option(`${flag} <grants...>`, `${text}: SCOPE:TOPICS, several or again`).argParser(
		(grant: string, before: string[] | undefined) => {
			if (!GRANT.allows(grant)) throw new InvalidArgumentError(`It ${GRANT.expected}.`);
			return [...(before ?? []), grant];
		},
	);
}

function requests(text: string): number {
	const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
	if (value >= 1 && value <= LIMITS.rate) return value;
	throw new InvalidArgumentError(`It must be an integer from 1 to ${LIMITS.rate}.`);
}

function durationMs(text: string): number {
	const [, digits, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
	const ms = Number(digits) * (UNITS[unit] ?? Number.NaN);
	if (ms > 0) return ms;
	throw new InvalidArgumentError('It must be a duration such as 30m, 12h or 90d.');
}
