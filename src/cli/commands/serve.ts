import { Command, InvalidArgumentError, Option } from 'commander';
import { LIMITS } from '../../core/limits.ts';
import { DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS } from '../../core/settings.ts';
import { DEFAULT_STORE, type ServeOptions } from '../serve-options.ts';

const LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

/** `millrace serve`: the queue as an HTTP server, until SIGTERM or SIGINT. */
export function serveCommand(): Command {
	const flag = (flags: string, text: string, env: string) => new Option(flags, text).env(`MILLRACE_${env}`);
	return (
		new Command('serve')
			.description('start the server')
			.addOption(flag('--host <address>', 'address to listen on', 'HOST').default('127.0.0.1'))
			.addOption(flag('--port <n>', 'port; 0 picks a free one', 'PORT').argParser(integer(0, 65_535)).default(7420))
			.addOption(flag('--store <url>', `${storeHelp()}`, 'STORE'))
			.addOption(
				flag('--lease-ms <n>', 'time that a worker has for a job', 'LEASE_MS')
					.argParser(integer(LIMITS.minLeaseMs, LIMITS.maxLeaseMs))
					.default(DEFAULT_LEASE_MS),
			)
			.addOption(
				flag('--max-attempts <n>', 'most runs of a job', 'MAX_ATTEMPTS')
					.argParser(integer(1, LIMITS.maxAttempts))
					.default(DEFAULT_MAX_ATTEMPTS),
			)
			.addOption(
				flag('--max-body-bytes <n>', 'longest request body', 'MAX_BODY_BYTES')
					.argParser(integer(1_024, 268_435_456))
					.default(LIMITS.bodyBytes),
			)
			.addOption(
				flag('--max-connections <n>', 'connections at once; more are closed', 'MAX_CONNECTIONS')
					.argParser(integer(1, 1_000_000))
					.default(10_000),
			)
			.addOption(
				flag('--tls-cert <file>', 'certificate in PEM: listen with TLS; read again when it changes', 'TLS_CERT'),
			)
			.addOption(flag('--tls-key <file>', 'its private key in PEM', 'TLS_KEY'))
			.addOption(flag('--log-level <level>', 'what is logged to stderr', 'LOG_LEVEL').choices(LEVELS).default('info'))
			.option('--insecure', 'listen beyond loopback although no keys are asked for (env: MILLRACE_INSECURE=1)')
			.addHelpText('after', `\n${KEY_HELP}`)
			.allowExcessArguments(false)
			// Loaded when it runs: the server takes most of a second, and --help should not.
			.action(async (options: ServeOptions) => (await import('../serving.ts')).serve(options))
	);
}

const KEY_HELP =
	'MILLRACE_ADMIN_KEY in the environment, 32 characters or more, is a key for everything: see docs/security.md.';

function storeHelp(): string {
	return `memory:, sqlite:<file>, redis(s)://… or redis(s)+sentinel://… (default: $REDIS_URL, else ${DEFAULT_STORE})`;
}

function integer(minimum: number, maximum: number): (text: string) => number {
	return (text) => {
		const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
		if (value >= minimum && value <= maximum) return value;
		throw new InvalidArgumentError(`It must be an integer from ${minimum} to ${maximum}.`);
	};
}
