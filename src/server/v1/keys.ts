import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { GRANT } from '../../core/access.ts';
import { MillraceError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { CLOSED, Name, Ruled } from '../../core/options.ts';
import { refuse } from '../../core/refuse.ts';
import { checker } from '../../core/validate.ts';
import type { Collection } from '../../engine/engine.ts';
import { isKeyId, type KeyRecord, newKey, ROOT, readKey, toDocument, viewOf } from '../access/key.ts';
import { bodyOf, refuseBody } from '../body.ts';
import type { ServerContext } from '../context.ts';
import { PageQuery, pageOf, queryOf } from '../params.ts';
import { sendJson } from '../reply.ts';

const Grant = Ruled(GRANT, 'Grant');

const Rate = Type.Object(
	{
		limit: Type.Integer({ minimum: 1, maximum: LIMITS.rate }),
		perMs: Type.Integer({ minimum: 1, maximum: LIMITS.maxRateMs }),
		burst: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.rate })),
	},
	CLOSED,
);

export const KeyBody = checker(
	Type.Object(
		{
			name: Name,
			allow: Type.Array(Grant, { minItems: 1, maxItems: LIMITS.grants }),
			deny: Type.Optional(Type.Array(Grant, { maxItems: LIMITS.grants })),
			expiresInMs: Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.maxKeyMs })),
			rate: Type.Optional(Rate),
		},
		CLOSED,
	),
);

/** How often somebody else may come first before a revocation is given up. */
const TRIES = 10;

/** /v1/keys: who may call this server, and for what. */
export function keyRoutes(app: FastifyInstance, context: ServerContext): void {
	const { audit, keys: ring } = context;

	app.post('/v1/keys', async (request, reply) => {
		const asked = readNewKey(request);
		// Without keys everybody is served, and whoever made the first one would lock out all others.
		if (request.caller === null) throw noFirstKey();
		const keys = collectionOf(context);
		const { documents, now } = await keys.open();
		if (documents.length >= LIMITS.keys) throw tooMany();
		const { record, secret } = newKey(asked, now);
		if (!(await keys.save(toDocument(record, 1)))) throw new MillraceError('INTERNAL', 'The id of a new key is taken');
		await ring.reread();
		const { id, name, hash: _, revokedAt: _r, createdAt: _c, ...details } = record;
		await audit({ actor: null, action: 'key.create', target: id, details: { name, ...details } });
		return sendJson(reply.code(201), JSON.stringify({ key: viewOf(record), secret }));
	});

	app.get('/v1/keys', async (request, reply) => {
		const query = pageOf(queryOf(request, PageQuery));
		const { documents, nextCursor } = await collectionOf(context).list(query);
		return sendJson(reply, JSON.stringify({ keys: documents.map(readKey).map(viewOf), nextCursor }));
	});

	app.delete('/v1/keys/:id', async (request, reply) => {
		const { id } = request.params as { id: string };
		refuseBody(request);
		const { key, isNew } = await revoke(collectionOf(context), id);
		await ring.reread();
		if (isNew) await audit({ actor: null, action: 'key.revoke', target: id, details: { name: key.name } });
		return sendJson(reply, JSON.stringify({ key: viewOf(key) }));
	});
}

function readNewKey(request: FastifyRequest) {
	const body = bodyOf(request);
	const { deny = [], ...asked } = KeyBody.check(body.value);
	if (asked.name === ROOT)
		throw refuse('name', `must not be ${ROOT}: the audit log calls the server's own key so`, ROOT);
	return { ...asked, deny };
}

/** Revoking a key twice is what was asked for. */
async function revoke(keys: Collection, id: string): Promise<{ key: KeyRecord; isNew: boolean }> {
	for (let tries = 0; tries < TRIES; tries++) {
		const document = isKeyId(id) ? await keys.get(id) : null;
		if (document === null) throw noSuchKey(id);
		const key = readKey(document);
		if (key.revokedAt !== null) return { key, isNew: false };
		const { now } = await keys.open();
		const revoked = { ...key, revokedAt: now };
		if (await keys.save(toDocument(revoked, document.version + 1))) return { key: revoked, isNew: true };
	}
	throw new MillraceError('UNAVAILABLE', `Key ${id} keeps changing; nothing was done, try again`);
}

function collectionOf({ engine }: ServerContext): Collection {
	if (!engine.keys) throw new MillraceError('STORE_REFUSED', 'This store keeps no keys');
	return engine.keys;
}

function noFirstKey(): MillraceError {
	const message = 'The first key is made with the MILLRACE_ADMIN_KEY of the server; start it with one';
	return new MillraceError('FORBIDDEN', message);
}

function tooMany(): MillraceError {
	return new MillraceError(
		'STORE_FULL',
		`There are ${LIMITS.keys} keys, which is the most; revoke one that is not used`,
	);
}

function noSuchKey(id: string): MillraceError {
	const message = `There is no key ${id}; it was never made, or it was revoked so long ago that it has been let go`;
	return new MillraceError('NOT_FOUND', message, { invalid: { field: 'id', value: id } });
}
