import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { describe, MillraceError } from '../core/errors.ts';
import { Key } from '../core/options.ts';
import { refuse } from '../core/refuse.ts';
import { checker } from '../core/validate.ts';
import type { Idempotency } from '../engine/engine.ts';

const KeyCheck = checker(Key);

/** 128 bits: two different requests do not meet. */
const FINGERPRINT_LENGTH = 32;

/**
 * The key under which a request may be repeated: the header `Idempotency-Key`, or the field of the body.
 * @throws INVALID for an unfit key, or two that differ
 */
export function keyOf(request: FastifyRequest, fromBody?: string): string | undefined {
	const header = request.headers['idempotency-key'];
	if (header === undefined) return fromBody;
	const key = KeyCheck.check(header, 'Idempotency-Key');
	if (fromBody !== undefined && fromBody !== key) {
		throw refuse('idempotencyKey', `must equal the header Idempotency-Key (${describe(key)})`, fromBody);
	}
	return key;
}

/** Ties a key to what was pushed under it. */
export function idempotencyOf(key: string, topic: string, pushed: string): Idempotency {
	const hash = createHash('sha256').update(`${topic}\n${pushed}`);
	return { key, fingerprint: hash.digest('hex').slice(0, FINGERPRINT_LENGTH) };
}

export function conflict(key: string, topic: string): MillraceError {
	const message =
		`Idempotency-Key ${describe(key)} was used in topic ${topic} for another request; ` +
		'repeat that request unchanged, or take a new key';
	return new MillraceError('IDEMPOTENCY_CONFLICT', message, { invalid: { field: 'Idempotency-Key', value: key } });
}
