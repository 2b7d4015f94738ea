import type { Server } from 'node:https';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { describe, MillraceError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Operations } from '../core/operation.ts';
import type { Engine } from '../engine/engine.ts';
import { ResultWaiter } from '../engine/results.ts';
import { type PolicyDefaults, TopicDefaults } from '../engine/topic-defaults.ts';
import { WaitingTakes } from '../engine/waiting.ts';
import { StoredOperations } from '../operations/operations.ts';
import { guard } from './access/guard.ts';
import { KeyRing } from './access/ring.ts';
import { audited, auditOf } from './auditing.ts';
import { parseBodies } from './body.ts';
import { Cancellations } from './cancellations.ts';
import type { ServerContext, ServerLog } from './context.ts';
import { capConnections, checkHeaders, FRAMING, type FramingLimits, framingOptions } from './framing.ts';
import { healthRoutes } from './health.ts';
import { openApiRoute } from './openapi/serve.ts';
import { sendError, toMillraceError } from './problem.ts';
import { seedRoutes } from './seed.ts';
import { followFiles, readPair, type TlsFiles } from './tls.ts';
import { v1Routes } from './v1/index.ts';

/** What a server needs. The engine is open already, and stays open when the app closes. */
export interface ServerOptions {
	engine: Engine;
	/** What holds for topics without a setting of their own. */
	defaults: PolicyDefaults;
	/** Longest request body, in bytes. Default `LIMITS.bodyBytes` (256 KiB). */
	maxBodyBytes?: number;
	/** Listens with TLS. Default: plain HTTP. */
	tls?: TlsFiles;
	/** What a connection may take. Each default stands with its field. */
	framing?: Partial<FramingLimits>;
	/** Where unforeseen failures are reported. Default: nowhere. */
	logger?: ServerLog;
	/**
	 * A key for everything, such as the first keys are made with: 32 to 256 printable ASCII characters. Default: none, and then every request
	 * is served until there is a key in the store.
	 */
	adminKey?: string | undefined;
	/** What /readyz calls the store: `memory`, `sqlite`, `redis`. Default `custom`. */
	store?: string;
	/** Bulk operations. Default: those of the engine's store, which a runner of somebody else's carries out. */
	operations?: Operations;
	/** Source of jitter, in [0, 1). Default `Math.random`. */
	random?: () => number;
	/** What explanations call now, and what a pause of so many ms counts from. Default `Date.now`. */
	clock?: Clock;
}

const SILENT: ServerLog = { error() {}, warn() {}, info() {} };

/** Longer than any URL that Node accepts, so that a name that is too long is refused by its own check. */
const MAX_PARAM_LENGTH = 65_536;

/**
 * The whole HTTP API as a Fastify app that does not listen yet. `app.close()` answers the takes that wait,
 * refuses new requests with CLOSED and waits for those under way.
 *
 * @throws INVALID for an `adminKey` that is too short
 */
export function createServer(options: ServerOptions): FastifyInstance {
	return buildServer(options).app;
}

/** The same, with what decides about its callers. */
export function buildServer(options: ServerOptions): { app: FastifyInstance; keys: KeyRing } {
	const maxBodyBytes = options.maxBodyBytes ?? LIMITS.bodyBytes;
	const log = options.logger ?? SILENT;
	const framing = { ...FRAMING, ...options.framing };
	const app = Fastify({
		...framingOptions(framing, options.tls && readPair(options.tls)),
		logger: false,
		bodyLimit: maxBodyBytes,
		// A HEAD of jobToRun would take a job and show it to nobody.
		exposeHeadRoutes: false,
		// Our own hook says it in the words of this API.
		return503OnClosing: false,
		routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
		frameworkErrors: (error, request, reply) => {
			sendError(toMillraceError(error, request, log, maxBodyBytes), request, reply);
		},
	});
	capConnections(app.server, framing, log);
	checkHeaders(app);
	if (options.tls) {
		const unfollow = followFiles(app.server as unknown as Server, options.tls, log);
		app.addHook('onClose', async () => unfollow());
	}
	const waiting = new WaitingTakes(options.engine);
	const results = new ResultWaiter(options.engine);
	const cancellations = new Cancellations(options.engine);
	const audit = auditOf(options.engine, log);
	const clock = options.clock ?? Date.now;
	const keys = new KeyRing({ keys: options.engine.keys ?? null, rootKey: options.adminKey, clock, log });
	const context: ServerContext = {
		engine: audited(options.engine, audit),
		audit,
		waiting,
		results,
		cancellations,
		topics: new TopicDefaults(options.engine, options.defaults),
		operations: options.operations ?? new StoredOperations(options.engine),
		log,
		random: options.random ?? Math.random,
		clock,
		keys,
		store: options.store ?? 'custom',
	};
	parseBodies(app);
	app.setErrorHandler((error, request, reply) => {
		sendError(toMillraceError(error, request, log, maxBodyBytes), request, reply);
	});
	app.setNotFoundHandler((request, reply) => {
		const message = `There is no ${request.method} ${describe(request.url)}; docs/http.md lists what there is`;
		sendError(new MillraceError('NOT_FOUND', message), request, reply);
	});
	closeGently(app, [waiting, results, cancellations]);
	guard(app, keys, context.operations);
	seedRoutes(app, context);
	v1Routes(app, context);
	healthRoutes(app, context);
	openApiRoute(app);
	return { app, keys };
}

function closeGently(app: FastifyInstance, waits: { close(): void }[]): void {
	let closing = false;
	app.addHook('preClose', (done) => {
		closing = true;
		for (const wait of waits) wait.close();
		done();
	});
	app.addHook('onRequest', (_request, _reply, done) => {
		done(closing ? new MillraceError('CLOSED', 'The server is shutting down; nothing was done') : undefined);
	});
	app.addHook('onSend', (_request, reply, payload, done) => {
		// A connection that is kept open would hold up the shutdown until its idle time is over.
		if (closing) reply.header('connection', 'close');
		done(null, payload);
	});
}
