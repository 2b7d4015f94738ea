import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EVERY_TOPIC, type Scope } from '../../core/access.ts';
import { describe, MillraceError } from '../../core/errors.ts';
import type { Operations } from '../../core/operation.ts';
import { type Caller, runAs } from './caller.ts';
import { Failures } from './failures.ts';
import type { Held, KeyRing } from './ring.ts';
import { accessTo, type RouteAccess } from './routes.ts';
import { everyTopic } from './topics.ts';
import { KeyEnds } from './waiting.ts';

declare module 'fastify' {
	interface FastifyContextConfig {
		/** What a request needs; of a route that is not Millrace's own. */
		access?: RouteAccess;
	}
	interface FastifyRequest {
		/** Whose requests it is, until it is known what it is about. */
		held: Held | null;
	}
}

/** Scopes whose requests change what the audit log tells of. */
const AUDITED: readonly Scope[] = ['operate', 'admin'];

/**
 * The one place that decides who may do what. It comes before the routes are made:
 *
 *     request ── route open, or no keys in force ──────────────────────────────────► route
 *        └─ key good? no ► 401 ─ within its rate? no ► 429 ─ scope on any topic? no ► 403 ─ body is read ─ scope on its topics? no ► 403 ─► route
 */
export function guard(app: FastifyInstance, ring: KeyRing, operations: Operations): void {
	const ends = new KeyEnds(ring);
	const failures = new Failures();
	app.decorateRequest('caller', null);
	app.decorateRequest('held', null);
	app.addHook('onRoute', (route) => {
		const access = route.config?.access ?? accessTo(`${String(route.method)} ${route.url}`);
		if (access === undefined)
			throw new Error(`${route.method} ${route.url} does not say who may call it: add it to ROUTES`);
		route.config = { ...route.config, access };
	});
	// By callbacks: while no keys are in force, every push would wait for a promise.
	app.addHook('onRequest', (request, reply, done) => {
		const scopes = accessOf(request)?.scopes ?? [];
		if (scopes.length === 0 || ring.isOpen) return done();
		knowCaller(request, reply).then(() => done(), done);
	});
	app.addHook('preHandler', (request, _reply, done) => {
		const { caller, held } = request;
		if (caller === null || held === null) return done();
		const isAudited = accessOf(request)?.scopes.some((scope) => AUDITED.includes(scope)) ?? true;
		const goOn = isAudited ? () => runAs(caller, done) : () => done();
		checkTopics(request, held).then(goOn, done);
	});
	app.addHook('onClose', (_app, done) => {
		ends.close();
		done();
	});

	async function knowCaller(request: FastifyRequest, reply: FastifyReply): Promise<void> {
		await ring.freshen();
		if (!ring.isEnforced) return;
		const held = await authenticate(request, reply, { ring, failures });
		const waitMs = held.bucket?.take(performance.now()) ?? 0;
		if (waitMs > 0) throw tooMany(`The key ${describe(held.name)} (${held.id}) is over its rate`, waitMs);
		const scopes = accessOf(request)?.scopes ?? [];
		if (!scopes.some((scope) => held.access.allowsSome(scope))) throw forbidden(held, scopes);
		request.held = held;
		request.caller = { id: held.id, name: held.name, whenEnded: (listener) => ends.listen(held.id, listener) };
	}

	async function checkTopics(request: FastifyRequest, { access, ...key }: Held): Promise<void> {
		const { scopes = [], topics = everyTopic } = accessOf(request) ?? {};
		const found = await topics(request, operations);
		for (const topic of found ?? [EVERY_TOPIC]) {
			if (!scopes.some((scope) => access.allows(scope, topic))) throw forbidden(key, scopes, topic);
		}
	}
}

/** undefined where there is no route: that is answered with 404, and nothing is done. */
function accessOf(request: FastifyRequest): RouteAccess | undefined {
	const access = request.routeOptions.config.access;
	if (access === undefined && !request.is404)
		throw new MillraceError('INTERNAL', 'A route does not say who may call it');
	return access;
}

interface Known {
	ring: KeyRing;
	failures: Failures;
}

async function authenticate(request: FastifyRequest, reply: FastifyReply, { ring, failures }: Known): Promise<Held> {
	const { authorization } = request.headers;
	const secret = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
	// From an address that has failed too often the server's own key is not tried. Those of the store are, so that nobody who
	// shares the address is shut out: 256 random bits cannot be guessed.
	const waitMs = failures.waitMs(request.ip, performance.now());
	const held = secret === undefined ? undefined : await ring.find(secret, waitMs === 0);
	if (held !== undefined) return held;
	if (authorization !== undefined) failures.count(request.ip, performance.now());
	if (authorization !== undefined && waitMs > 0) throw tooMany('Too many keys from this address were not good', waitMs);
	reply.header('www-authenticate', 'Bearer');
	// What came is never shown: it may be the key of something else.
	const given =
		authorization === undefined ? 'came without one' : 'has none that is known, or it is expired or revoked';
	throw new MillraceError(
		'UNAUTHENTICATED',
		`This server wants a key, Authorization: Bearer mr_…; the request ${given}`,
	);
}

function tooMany(what: string, waitMs: number): MillraceError {
	const message = `${what}; nothing was done, try again in ${Math.ceil(waitMs)} ms`;
	return new MillraceError('TOO_MANY_REQUESTS', message, { retryAfterMs: waitMs });
}

function forbidden(key: Caller, scopes: readonly Scope[], topic?: string | typeof EVERY_TOPIC): MillraceError {
	const where = topic === undefined ? 'any topic' : topic === EVERY_TOPIC ? 'every topic' : `topic ${shown(topic)}`;
	const message = `The key ${describe(key.name)} (${key.id}) lacks the scope ${scopes.join(' or ')} on ${where}`;
	return new MillraceError('FORBIDDEN', message);
}

function shown(topic: string): string {
	return /^[\w.-]{1,128}$/.test(topic) ? topic : describe(topic);
}
