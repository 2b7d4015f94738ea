import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { invalid, isMillraceError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { CLOSED, LeaseMs, MaxAttempts } from '../core/options.ts';
import { DEFAULT_LEASE_MS, DEFAULT_MAX_ATTEMPTS } from '../core/settings.ts';
import { checker } from '../core/validate.ts';
import { batching } from '../engine/batching.ts';
import type { Engine } from '../engine/engine.ts';
import { Maintenance } from '../engine/maintenance.ts';
import { createEngine, STORE_FORMS } from '../engine/open.ts';
import { StoredOperations } from '../operations/operations.ts';
import { OperationRunner } from '../operations/runner.ts';
import { checkRootKey } from './access/key.ts';
import { buildServer } from './app.ts';
import type { ServerLog } from './context.ts';
import { storeKind } from './store-url.ts';
import { readPair, type TlsFiles } from './tls.ts';

export interface ServiceOptions {
	/**
	 * Where the jobs live: `memory:`, `sqlite:./jobs.db`, `redis://user:password@host:6379/0`, `rediss://…`,
	 * `redis+sentinel://host:26379,host:26379/name`, or an
	 * engine of your own, which the service opens and closes.
	 */
	store: string | Engine;
	/** Lease of jobs whose topic sets none, in ms. 100 to 86400000. Default 60000. */
	leaseMs?: number;
	/** Most runs of a job whose topic and push set none. 1 to 1000. Default 4. */
	maxAttempts?: number;
	/** Longest request body, in bytes. 1024 to 268435456. Default 262144. */
	maxBodyBytes?: number;
	/** Listens with TLS; the files are followed when they change. Default: plain HTTP. */
	tls?: TlsFiles;
	/** Most connections at once; what comes beyond them is closed. 1 to 1000000. Default 10000. */
	maxConnections?: number;
	/**
	 * A key for everything, such as the first keys are made with: 32 to 256 printable ASCII characters. Default: none, and then every request
	 * is served until there is a key in the store.
	 */
	adminKey?: string | undefined;
	/** Where failures are reported that no caller sees; a pino logger fits. Default: nowhere. */
	logger?: ServerLog;
}

/** A running queue: store, maintenance and HTTP app. */
export interface Service {
	/** The HTTP API; listens when `app.listen` is called. */
	app: FastifyInstance;
	engine: Engine;
	/** Whether requests need a key: there is an `adminKey`, or there are keys in the store. */
	readonly needsKey: boolean;
	/**
	 * Ends in order: no new requests, open long polls answered with no jobs, requests under way finished, maintenance
	 * stopped, store closed. Takes at most 9 s and never throws; a second call waits for the first.
	 */
	close(): Promise<void>;
}

const Numbers = checker(
	Type.Object(
		{
			leaseMs: Type.Optional(LeaseMs),
			maxAttempts: Type.Optional(MaxAttempts),
			maxBodyBytes: Type.Optional(Type.Integer({ minimum: 1_024, maximum: 268_435_456 })),
			maxConnections: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
		},
		CLOSED,
	),
	'options',
);

/** A request reads a setting, then makes its change: past this, what still runs is a client that reads or sends too slowly. */
const DRAIN_MS = LIMITS.callDeadlineMs + 500;
const STEP_MS = 2_000;

const SILENT: ServerLog = { error() {}, warn() {}, info() {} };

/**
 * Opens the store and starts everything but the listening.
 *
 * @throws INVALID for an option out of its range or a store URL of no known kind
 * @throws UNAVAILABLE or STORE_REFUSED when the store cannot be opened
 */
export async function startService(options: ServiceOptions): Promise<Service> {
	const { store, adminKey, logger = SILENT, tls, ...numbers } = options;
	const { leaseMs, maxAttempts, maxBodyBytes, maxConnections } = Numbers.check(numbers);
	// Refused before anything is opened.
	if (tls !== undefined) readPair(tls);
	if (adminKey !== undefined) checkRootKey(adminKey);
	const engine = batching(typeof store === 'string' ? await openable(store) : store);
	// Before it opens, so that what is found then is told too.
	engine.notices?.on(({ code, message }) => logger.warn({ notice: code }, message));
	await orLetGo(engine, engine.open());
	const maintenance = new Maintenance(engine, { onError: report(logger, 'maintenance') });
	const runner = new OperationRunner(engine, { onError: report(logger, 'operations') });
	const { app, keys } = buildServer({
		engine,
		defaults: { leaseMs: leaseMs ?? DEFAULT_LEASE_MS, maxAttempts: maxAttempts ?? DEFAULT_MAX_ATTEMPTS },
		...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
		...(tls === undefined ? {} : { tls }),
		...(maxConnections === undefined ? {} : { framing: { connections: maxConnections } }),
		operations: new StoredOperations(engine, () => runner.wake()),
		adminKey,
		logger,
		store: typeof store === 'string' ? storeKind(store) : 'custom',
	});
	// Known from the start, so that a store which goes away later shuts nobody out and lets nobody in.
	await orLetGo(engine, keys.read());
	await app.ready();
	maintenance.start();
	runner.start();
	let closed: Promise<void> | undefined;
	return {
		app,
		engine,
		get needsKey() {
			return keys.isEnforced;
		},
		close() {
			closed ??= closeInOrder(app, [maintenance, runner], engine);
			return closed;
		},
	};
}

/** A server holds its store itself: one in front of another server would sweep nothing and wait twice. */
async function openable(store: string): Promise<Engine> {
	if (!/^https?:/.test(store)) return createEngine(store);
	throw invalid('store', `must be ${STORE_FORMS}`, store);
}

async function orLetGo(engine: Engine, step: Promise<void>): Promise<void> {
	try {
		await step;
	} catch (error) {
		await engine.close();
		throw error;
	}
}

async function closeInOrder(app: FastifyInstance, loops: { stop(): Promise<void> }[], engine: Engine): Promise<void> {
	const drained = app.close();
	if (!(await endsWithin(drained, DRAIN_MS))) {
		app.server.closeAllConnections();
		await endsWithin(drained, STEP_MS / 4);
	}
	await endsWithin(Promise.all(loops.map((loop) => loop.stop())), STEP_MS);
	await endsWithin(engine.close(), STEP_MS);
}

/** Waits for `step`, but no longer than `ms`: a shutdown must end. True when it has ended. */
async function endsWithin(step: Promise<unknown>, ms: number): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<false>((resolve) => {
		timer = setTimeout(() => resolve(false), ms);
	});
	const ended = step.then(
		() => true,
		() => true,
	);
	const result = await Promise.race([ended, late]);
	clearTimeout(timer);
	return result;
}

/** The loop tells of the first failure of a row and goes on trying. */
function report(log: ServerLog, what: string): (error: unknown) => void {
	return (error) => {
		const message = error instanceof Error ? error.message : String(error);
		if (isMillraceError(error) && error.retryable) log.warn({ code: error.code }, `${what}: ${message}`);
		else log.error({ err: error }, `${what}: ${message}`);
	};
}
