import { describe, expect, test } from 'vitest';
import { create, ROOT, ROOT_KEY } from './key-kit.ts';
import { startOnSqlite } from './kit.ts';

describe('the audit log', () => {
	test('calls the actor by the name of the key, and keeps what the caller says beside it', async () => {
		const api = await startOnSqlite({ adminKey: ROOT_KEY });
		const { headers, key } = await create(api, { name: 'console', allow: ['operate:t', 'push:t'] });
		const jobs = (await api.post('/v1/topics/t/jobs', { jobs: [{ data: 1 }, { data: 2 }] }, headers)).json.jobs;
		await api.post('/v1/topics/t/pause', undefined, headers);
		await api.post(`/v1/jobs/${jobs[0].id}/cancel`, { actor: 'ada', reason: 'x' }, headers);
		await api.post('/v1/jobs/cancel', { ids: [jobs[1].id] }, headers);
		await api.post(`/v1/jobs/${jobs[0].id}/retry`, { data: 3 }, headers);
		const filter = { topic: 't', state: 'cancelled' };
		const started = await api.post('/v1/operations', { action: 'retry', filter, actor: 'ada' }, headers);
		const { id, ...operation } = started.json.operation;
		expect(operation).toMatchObject({ actor: 'console', key: key.id, said: 'ada' });
		await api.post(`/v1/operations/${id}/cancel`, { actor: 'bob' }, headers);
		await api.send('DELETE', `/v1/keys/${key.id}`, undefined, ROOT);
		const { entries } = (await api.send('GET', '/v1/audit', undefined, ROOT)).json;
		const by = { actor: 'console', key: key.id };
		expect(
			entries.reverse().map(({ at: _a, target: _t, details: _d, ...who }: Record<string, unknown>) => who),
		).toEqual([
			{ actor: 'root', key: 'root', action: 'key.create' },
			{ ...by, action: 'topic.pause' },
			{ ...by, said: 'ada', action: 'job.cancel' },
			{ ...by, action: 'job.cancel' },
			{ ...by, action: 'job.retry' },
			{ ...by, said: 'ada', action: 'operation.start' },
			{ ...by, said: 'bob', action: 'operation.cancel' },
			{ actor: 'root', key: 'root', action: 'key.revoke' },
		]);
		const history = async (job: { id: string }) =>
			(await api.send('GET', `/v1/jobs/${job.id}`, undefined, ROOT)).json.history[0].by;
		expect([await history(jobs[0]), await history(jobs[1])]).toEqual(['ada', 'console']);
	});

	test('tells of a key what it is for, and nothing of its secret', async () => {
		const api = await startOnSqlite({ adminKey: ROOT_KEY });
		const { key, secret } = await create(api, { deny: ['push:x'] });
		const { text, json } = await api.send('GET', '/v1/audit', undefined, ROOT);
		const details = { name: 'k', allow: ['push:*'], deny: ['push:x'], expiresAt: null };
		expect(json.entries).toMatchObject([{ action: 'key.create', target: key.id, details }]);
		expect(text).not.toContain(secret.slice(20));
	});
});
