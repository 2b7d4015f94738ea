import type { AddressInfo } from 'node:net';
import { Command, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import { isMillraceError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS, type Service, startService } from '../../server/service.ts';
import { redact, withoutPassword } from '../../server/store-url.ts';
import { Failure, USAGE_EXIT } from '../failure.ts';
import { hardDeadline, stopSignal } from '../stopping.ts';

interface ServeOptions {
	host: string;
	port: number;
	store?: string;
	leaseMs: number;
	maxAttempts: number;
	maxBodyBytes: number;
	logLevel: string;
}

const DEFAULT_STORE = 'sqlite:./millrace.db';
const LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

/** `millrace serve`: the queue as an HTTP server, until SIGTERM or SIGINT. */
export function serveCommand(): Command {
	const flag = (flags: string, text: string, env: string) => new Option(flags, text).env(`MILLRACE_${env}`);
	return new Command('serve')
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
		.addOption(flag('--log-level <level>', 'what is logged to stderr', 'LOG_LEVEL').choices(LEVELS).default('info'))
		.allowExcessArguments(false)
		.action((options: ServeOptions) => serve(options));
}

function storeHelp(): string {
	return `memory:, sqlite:<file>, redis://… or rediss://… (default: $REDIS_URL, else ${DEFAULT_STORE})`;
}

function integer(minimum: number, maximum: number): (text: string) => number {
	return (text) => {
		const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
		if (value >= minimum && value <= maximum) return value;
		throw new InvalidArgumentError(`It must be an integer from ${minimum} to ${maximum}.`);
	};
}

async function serve(options: ServeOptions): Promise<void> {
	const stopped = stopSignal();
	const store = options.store || process.env.REDIS_URL || DEFAULT_STORE;
	const logger = pino({ level: options.logLevel }, pino.destination({ dest: 2, sync: true }));
	const { leaseMs, maxAttempts, maxBodyBytes } = options;
	const service = await start(store, { leaseMs, maxAttempts, maxBodyBytes, logger });
	const url = await listen(service, options);
	process.stdout.write(greeting(url, store, service.engine.durability));
	const signal = await stopped;
	logger.info({ signal }, 'stopping: open long polls are answered, requests under way finished');
	const cancel = hardDeadline();
	await service.close();
	cancel();
	logger.info({}, 'stopped');
}

async function start(store: string, options: Omit<Parameters<typeof startService>[0], 'store'>): Promise<Service> {
	try {
		return await startService({ store, ...options });
	} catch (error) {
		if (!isMillraceError(error)) throw error;
		const code = error.code === 'INVALID' ? USAGE_EXIT : 1;
		throw new Failure(`cannot open ${withoutPassword(store)}: ${redact(error.message, store)}`, code);
	}
}

async function listen(service: Service, { host, port }: ServeOptions): Promise<string> {
	try {
		await service.app.listen({ host, port });
	} catch (error) {
		await service.close();
		const { code } = error as NodeJS.ErrnoException;
		const where = `port ${port} on ${host}`;
		if (code === 'EADDRINUSE') throw new Failure(`${where} is in use; choose another with --port or MILLRACE_PORT`, 1);
		throw new Failure(`cannot listen on ${where}: ${error instanceof Error ? error.message : String(error)}`, 1);
	}
	const address = service.app.server.address() as AddressInfo;
	const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
	return `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`;
}

function greeting(url: string, store: string, durability: string): string {
	const push = `curl -s ${url}/api/jobs -H 'content-type: application/json'`;
	return (
		`Millrace listens on ${url} (store ${withoutPassword(store)}, durability ${durability})\n` +
		`Try: ${push} -d '{"topic":"emails","job":{"id":"job1","type":"email"}}'\n`
	);
}
