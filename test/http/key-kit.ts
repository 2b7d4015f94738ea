import type { Api } from './kit.ts';

export const ROOT_KEY = 'root-key-for-tests-0123456789abcdef';
export const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
export const ROOT = bearer(ROOT_KEY);

export async function create(api: Api, body: object = {}) {
	const { status, json, text } = await api.post('/v1/keys', { name: 'k', allow: ['push:*'], ...body }, ROOT);
	if (status !== 201) throw new Error(text);
	return { ...json, headers: bearer(json.secret) } as { key: { id: string }; secret: string; headers: object };
}

export const pushWith = (api: Api, headers: object) => api.post('/v1/topics/t/jobs', { data: 1 }, headers);
