import Type from 'typebox';
import { Name } from '../../../core/options.ts';
import { PageQuery } from '../../params.ts';
import { KeyBody } from '../../v1/keys.ts';
import { answer, described, type RouteDescription } from '../route.ts';
import { at, atOrNever, PAGE_WORDS, pageOf } from '../shapes/common.ts';

const { allow, deny, rate } = KeyBody.schema.properties;

const Key = Type.Object(
	{
		id: Type.String({ component: 'KeyId', json: { pattern: '^[0-9a-f]{16}$' } }),
		name: Name,
		allow,
		deny: { ...deny },
		createdAt: at('When it was made.'),
		rate,
		expiresAt: atOrNever('When it ends by itself; null for never.'),
		revokedAt: atOrNever('When it was revoked; null for one that is good.'),
	},
	{ component: 'Key', about: 'A key, without its secret.' },
);

export const KEYS = {
	'POST /v1/keys': {
		id: 'createKey',
		tag: 'keys',
		summary: 'Make a key',
		body: {
			schema: described(KeyBody.schema, {
				name: 'What it is called. Not `root`.',
				allow: 'What it is allowed.',
				deny: 'What it is denied, whatever it is allowed.',
				expiresInMs: 'How long it is good. Default: for ever.',
				rate: 'Most requests of it that one server serves. Default: as many as come.',
			}),
		},
		answers: {
			201: answer(
				'The key, and its secret, which is never shown again.',
				Type.Object({ key: Key, secret: Type.String() }),
			),
		},
	},
	'GET /v1/keys': {
		id: 'listKeys',
		tag: 'keys',
		summary: 'List keys, the latest first',
		query: described(PageQuery.schema, PAGE_WORDS),
		answers: { 200: answer('One page.', pageOf('keys', Key)) },
	},
	'DELETE /v1/keys/:id': {
		id: 'revokeKey',
		tag: 'keys',
		summary: 'Revoke a key',
		answers: { 200: answer('Revoked, perhaps before.', Type.Object({ key: Key })) },
		errors: ['NOT_FOUND'],
	},
} satisfies Record<string, RouteDescription>;
