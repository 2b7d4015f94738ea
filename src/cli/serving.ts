import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { isMillraceError } from '../core/errors.ts';
import type { ServerLog } from '../server/context.ts';
import { type Service, startService } from '../server/service.ts';
import { redact, withoutPassword } from '../server/store-url.ts';
import { readPair, type TlsFiles } from '../server/tls.ts';
import { checkExposure } from './exposure.ts';
import { Failure, USAGE_EXIT } from './failure.ts';
import { without } from './secret.ts';
import { DEFAULT_STORE, type ServeOptions } from './serve-options.ts';
import { hardDeadline, stopSignal } from './stopping.ts';

/** Runs the server until a signal ends it. */
export async function serve(options: ServeOptions): Promise<void> {
	const stopped = stopSignal();
	const store = options.store || process.env.REDIS_URL || DEFAULT_STORE;
	const adminKey = process.env.MILLRACE_ADMIN_KEY;
	const logger = pino({ level: options.logLevel }, without(adminKey, pino.destination({ dest: 2, sync: true })));
	const { leaseMs, maxAttempts, maxBodyBytes, maxConnections } = options;
	const limits = { leaseMs, maxAttempts, maxBodyBytes, maxConnections };
	const service = await start(store, { ...limits, ...tlsFiles(options), adminKey, logger });
	await checkOrClose(service, options, logger);
	const url = await listen(service, options);
	process.stdout.write(greeting(url, store, service.engine.durability));
	const signal = await stopped;
	logger.info({ signal }, 'stopping: open long polls are answered, requests under way finished');
	const cancel = hardDeadline();
	await service.close();
	cancel();
	logger.info({}, 'stopped');
}

/** Both files or none. */
function tlsFiles({ tlsCert, tlsKey }: ServeOptions): { tls?: TlsFiles } {
	if (tlsCert === undefined && tlsKey === undefined) return {};
	if (tlsCert !== undefined && tlsKey !== undefined) return { tls: usable({ cert: tlsCert, key: tlsKey }) };
	const [given, missing] = tlsCert === undefined ? ['--tls-key', '--tls-cert'] : ['--tls-cert', '--tls-key'];
	throw new Failure(`${given} needs ${missing} as well`, USAGE_EXIT);
}

function usable(files: TlsFiles): TlsFiles {
	try {
		readPair(files);
		return files;
	} catch (error) {
		throw isMillraceError(error) ? new Failure(error.message, USAGE_EXIT) : error;
	}
}

async function start(store: string, options: Omit<Parameters<typeof startService>[0], 'store'>): Promise<Service> {
	try {
		return await startService({ store, ...options });
	} catch (error) {
		if (!isMillraceError(error)) throw error;
		const code = error.code === 'INVALID' ? USAGE_EXIT : 1;
		if (error.invalid?.field === 'adminKey') {
			throw new Failure(error.message.replace('adminKey', 'MILLRACE_ADMIN_KEY'), code);
		}
		throw new Failure(`cannot open ${withoutPassword(store)}: ${redact(error.message, store)}`, code);
	}
}

/** Only the store knows whether there are keys, so it is open by now. */
async function checkOrClose(service: Service, options: ServeOptions, logger: ServerLog): Promise<void> {
	try {
		if (!checkExposure(options, service.needsKey)) return;
		logger.warn({ host: options.host }, 'everybody who can reach this server may do everything: it asks for no keys');
	} catch (error) {
		await service.close();
		throw error;
	}
}

async function listen(service: Service, { host, port, tlsCert }: ServeOptions): Promise<string> {
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
	const scheme = tlsCert === undefined ? 'http' : 'https';
	return `${scheme}://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}`;
}

function greeting(url: string, store: string, durability: string): string {
	const push = `curl -s ${url}/api/jobs -H 'content-type: application/json'`;
	return (
		`Millrace listens on ${url} (store ${withoutPassword(store)}, durability ${durability})\n` +
		`Try: ${push} -d '{"topic":"emails","job":{"id":"job1","type":"email"}}'\n`
	);
}
