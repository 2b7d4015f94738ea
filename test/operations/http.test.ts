import { describe, expect, test } from 'vitest';
import { OperationRunner } from '../../src/operations/runner.ts';
import { type Api, startOnSqlite } from '../http/kit.ts';
import { START } from '../support/clock.ts';

const DEAD = { topic: 't', state: 'dead' };

/** Jobs that are dead. */
async function dead(api: Api, count: number, job: object = {}): Promise<string[]> {
	const ids = await api.push('t', ...Array.from({ length: count }, (_, n) => ({ data: n, ...job })));
	const jobs = await api.take('t', { max: count });
	const outcomes = jobs.map(({ id, token }) => ({ id, token, outcome: 'kill', error: 'went wrong' }));
	await api.post('/v1/settle', { outcomes });
	return ids;
}

async function carryOut(api: Api): Promise<void> {
	const runner = new OperationRunner(api.engine, { onError: () => {} });
	while ((await runner.round()) === 0);
}

describe('POST /v1/operations', () => {
	test('starts an operation, which is then carried out', async () => {
		const api = await startOnSqlite();
		const [id] = await dead(api, 3);
		const body = { action: 'retry', filter: { ...DEAD, error: 'wrong' }, actor: 'ada', reason: 'fixed' };
		const { status, json } = await api.post('/v1/operations', body);
		expect(status).toBe(202);
		expect(json.operation).toEqual({
			id: expect.stringMatching(/^op-[0-9a-f-]{36}$/),
			action: 'retry',
			filter: { topic: 't', state: ['dead'], error: 'wrong' },
			to: null,
			perSecond: null,
			actor: 'ada',
			reason: 'fixed',
			state: 'running',
			complete: false,
			error: null,
			progress: { scanned: 0, matched: 0, done: 0, refused: 0 },
			createdAt: START,
			updatedAt: START,
			finishedAt: null,
		});
		await carryOut(api);
		expect((await api.get(`/v1/operations/${json.operation.id}`)).json.operation).toMatchObject({
			state: 'completed',
			complete: true,
			progress: { scanned: 3, matched: 3, done: 3, refused: 0 },
			finishedAt: START,
		});
		expect((await api.get(`/v1/jobs/${id}`)).json.state).toBe('waiting');
	});

	test('as a dry run answers how many jobs fit and starts nothing', async () => {
		const api = await startOnSqlite();
		await dead(api, 3, { tags: ['x'] });
		const dryRun = (more: object) =>
			api.post('/v1/operations', { action: 'delete', filter: { ...DEAD, ...more }, dryRun: true });
		const { status, json } = await dryRun({ tag: 'x' });
		expect([status, json]).toEqual([200, { scanned: 3, matched: 3, complete: true }]);
		expect((await dryRun({ tag: 'y' })).json).toEqual({ scanned: 3, matched: 0, complete: true });
		expect((await dryRun({})).json).toEqual({ scanned: 0, matched: 3, complete: true });
		expect((await api.get('/v1/operations')).json).toEqual({ operations: [], nextCursor: null });
	});

	test.each([
		['action', { filter: DEAD }],
		['action', { action: 'promote', filter: DEAD }],
		['filter', { action: 'retry' }],
		['filter.state', { action: 'retry', filter: { topic: 't' } }],
		['filter.state', { action: 'retry', filter: { topic: 't', state: [] } }],
		['filter.state', { action: 'retry', filter: { topic: 't', state: 'sleeping' } }],
		['filter.state', { action: 'retry', filter: { topic: 't', state: ['dead', 'waiting'] } }],
		['filter.state', { action: 'delete', filter: { topic: 't', state: 'active' } }],
		['filter.state', { action: 'move', to: 'u', filter: { topic: 't', state: 'completed' } }],
		['filter.topic', { action: 'retry', filter: { ...DEAD, topic: 'a b' } }],
		['filter.groups', { action: 'retry', filter: { ...DEAD, groups: 'x' } }],
		['filter.group', { action: 'retry', filter: { ...DEAD, group: '' } }],
		['filter.tag', { action: 'retry', filter: { ...DEAD, tag: 'x'.repeat(65) } }],
		['filter.olderThanMs', { action: 'retry', filter: { ...DEAD, olderThanMs: -1 } }],
		['filter.newerThanMs', { action: 'retry', filter: { ...DEAD, newerThanMs: 1.5 } }],
		['filter.error', { action: 'retry', filter: { ...DEAD, error: '' } }],
		['filter.ids', { action: 'retry', filter: { ...DEAD, ids: [] } }],
		['filter.ids[1]', { action: 'retry', filter: { ...DEAD, ids: ['t:1', 'x'] } }],
		['filter.ids[1]', { action: 'retry', filter: { ...DEAD, ids: ['t:1', 'u:1'] } }],
		['perSecond', { action: 'retry', filter: DEAD, perSecond: 0 }],
		['to', { action: 'retry', filter: DEAD, to: 'u' }],
		['to', { action: 'move', filter: DEAD }],
		['to', { action: 'move', filter: DEAD, to: 't' }],
		['actor', { action: 'retry', filter: DEAD, actor: '' }],
		['reason', { action: 'retry', filter: DEAD, reason: 'x'.repeat(1_001) }],
		['dryRun', { action: 'retry', filter: DEAD, dryRun: 'yes' }],
		['until', { action: 'retry', filter: DEAD, until: 1 }],
		['filter.state', '{"action":"retry","filter":{"topic":"t","state":"dead","state":"dead"}}'],
	])('refuses what is wrong in %s (%#)', async (field, body) => {
		const api = await startOnSqlite();
		const { status, headers, json } = await api.post('/v1/operations', body);
		expect([status, json.code, json.field]).toEqual([400, 'INVALID', field]);
		expect(headers['content-type']).toMatch(/^application\/problem\+json/);
		expect((await api.get('/v1/operations')).json.operations).toEqual([]);
	});
});

describe('/v1/operations', () => {
	test('lists the operations page by page, the latest first', async () => {
		const api = await startOnSqlite();
		const ids: string[] = [];
		for (let n = 0; n < 5; n++) {
			ids.unshift((await api.post('/v1/operations', { action: 'retry', filter: DEAD })).json.operation.id);
		}
		const seen: string[] = [];
		let cursor = '';
		do {
			const { json } = await api.get(`/v1/operations?limit=2&cursor=${cursor}`);
			seen.push(...json.operations.map(({ id }: { id: string }) => id));
			cursor = json.nextCursor ?? '';
		} while (cursor !== '');
		expect(seen).toEqual(ids);
		expect((await api.get('/v1/operations?cursor=x')).json.field).toBe('cursor');
	});

	test('cancels one that is running, and refuses one that has completed', async () => {
		const api = await startOnSqlite();
		const start = async () => (await api.post('/v1/operations', { action: 'retry', filter: DEAD })).json.operation.id;
		const id = await start();
		const cancel = (one: string, body?: object) => api.post(`/v1/operations/${one}/cancel`, body);
		const { status, json } = await cancel(id, { actor: 'ada', reason: 'a mistake' });
		expect([status, json.operation.state, json.operation.finishedAt]).toEqual([200, 'cancelled', START]);
		expect((await cancel(id)).json).toEqual(json);
		const other = await start();
		await carryOut(api);
		expect((await cancel(other)).json).toMatchObject({ status: 409, code: 'WRONG_STATE' });
		expect((await cancel(other, { by: 'ada' })).json.field).toBe('by');
	});

	test('knows none of an id that is not there, and refuses what can be none', async () => {
		const api = await startOnSqlite();
		const none = '/v1/operations/op-00000000-0000-4000-8000-000000000000';
		expect((await api.get(none)).json).toMatchObject({ status: 404, code: 'NOT_FOUND' });
		expect((await api.post(`${none}/cancel`)).status).toBe(404);
		expect((await api.get('/v1/operations/7')).json).toMatchObject({ status: 400, field: 'id' });
	});
});

describe('POST /v1/operations under a key', () => {
	const key = { 'idempotency-key': 'k' };
	const filter = { state: ['dead'], topic: 't', error: 'wrong' };

	test('repeated starts nothing more, and answers with the operation as it is now', async () => {
		const api = await startOnSqlite();
		await dead(api, 3);
		const start = (body: object) => api.send('POST', '/v1/operations', body, key);
		const first = await start({ action: 'retry', filter });
		await carryOut(api);
		const again = await start({ action: 'retry', filter: { topic: 't', error: 'wrong', state: 'dead' } });
		expect([first.status, again.status]).toEqual([202, 202]);
		expect(first.json.operation.id).toMatch(/^op-[0-9a-f-]{36}$/);
		expect(again.json.operation).toMatchObject({ id: first.json.operation.id, state: 'completed' });
		expect((await api.get('/v1/operations')).json.operations).toHaveLength(1);
	});

	test('sent twice at once starts one', async () => {
		const api = await startOnSqlite();
		await dead(api, 3);
		const answers = await Promise.all(
			Array.from({ length: 8 }, () => api.send('POST', '/v1/operations', { action: 'retry', filter }, key)),
		);
		expect(new Set(answers.map(({ status, json }) => `${status} ${json.operation?.id}`)).size).toBe(1);
		expect((await api.get('/v1/operations')).json.operations).toHaveLength(1);
	});

	test('is refused for another request', async () => {
		const api = await startOnSqlite();
		await api.send('POST', '/v1/operations', { action: 'retry', filter }, key);
		const other = await api.send('POST', '/v1/operations', { action: 'delete', filter }, key);
		expect([other.status, other.json.code, other.json.field]).toEqual([422, 'IDEMPOTENCY_CONFLICT', 'Idempotency-Key']);
		expect((await api.get('/v1/operations')).json.operations).toHaveLength(1);
	});
});

describe('GET /v1/audit', () => {
	const log = async (api: Api) => (await api.get('/v1/audit')).json.entries.reverse();

	test('shows what operators did: to topics, to groups and to jobs', async () => {
		const api = await startOnSqlite();
		await api.send('PATCH', '/v1/topics/t', { leaseMs: 500, dead: null });
		await api.post('/v1/topics/t/pause');
		await api.post('/v1/topics/t/resume');
		await api.send('PATCH', '/v1/topics/t/groups/x', { weight: 2 });
		await api.post('/v1/topics/t/groups/x/pause', { until: START + 5 });
		await api.post('/v1/topics/t/groups/x/resume');
		const [retried = '', deleted = ''] = await dead(api, 2);
		api.clock.advance(3);
		await api.post(`/v1/jobs/${retried}/retry`);
		await api.post(`/v1/jobs/${retried}/cancel`, { actor: 'ada', reason: 'no more' });
		await api.post('/v1/jobs/delete', { ids: [retried, 't:7', deleted] });
		const entry = (action: string, target: string, details: object, actor: string | null = null, at = START) => ({
			at,
			actor,
			action,
			target,
			details,
		});
		const job = (action: string, more: object = {}, actor: string | null = null) =>
			entry(`job.${action}`, retried, { jobs: 1, ids: [retried], ...more }, actor, START + 3);
		expect(await log(api)).toEqual([
			entry('topic.configure', 't', { leaseMs: 500, dead: null }),
			entry('topic.pause', 't', {}),
			entry('topic.resume', 't', {}),
			entry('group.configure', 't', { group: 'x', weight: 2 }),
			entry('group.pause', 't', { group: 'x', until: START + 5 }),
			entry('group.resume', 't', { group: 'x' }),
			job('retry'),
			job('cancel', { reason: 'no more' }, 'ada'),
			entry('job.delete', 't', { jobs: 2, ids: [retried, deleted] }, null, START + 3),
		]);
	});

	test('shows a retry with other data, and which job it became, once', async () => {
		const api = await startOnSqlite();
		const [id = ''] = await dead(api, 1);
		const retry = () => api.send('POST', `/v1/jobs/${id}/retry`, { data: 'new' }, { 'idempotency-key': 'k' });
		const { json } = await retry();
		await retry();
		expect(await log(api)).toMatchObject([
			{ actor: null, action: 'job.retry', target: id, details: { jobs: 1, ids: [id], as: json.id } },
		]);
	});

	test('shows nothing of what was refused, nor of the work itself', async () => {
		const api = await startOnSqlite();
		const [id] = await dead(api, 1);
		await api.post('/v1/jobs/t:7/retry');
		await api.post(`/v1/jobs/${id}/cancel`);
		await api.send('PATCH', '/v1/topics/t', { leaseMs: 1 });
		await api.post('/v1/extend', { leases: [], leaseMs: 1_000 });
		expect(await log(api)).toEqual([]);
	});

	test('shows the start, the end and the cancelling of operations', async () => {
		const api = await startOnSqlite();
		await dead(api, 2);
		const filter = { ...DEAD, ids: ['t:1', 't:2'] };
		const first = (await api.post('/v1/operations', { action: 'delete', filter: DEAD, actor: 'ada' })).json.operation;
		await carryOut(api);
		const second = (await api.post('/v1/operations', { action: 'delete', filter })).json.operation;
		await api.post(`/v1/operations/${second.id}/cancel`, { actor: 'bob', reason: 'a mistake' });
		await carryOut(api);
		const asked = { action: 'delete', to: null, perSecond: null, reason: null };
		const progress = { scanned: 2, matched: 2, done: 2, refused: 0 };
		const none = { scanned: 0, matched: 0, done: 0, refused: 0 };
		expect(await log(api)).toMatchObject([
			{ actor: 'ada', action: 'operation.start', target: first.id, details: { ...asked, filter: first.filter } },
			{
				actor: 'ada',
				action: 'operation.complete',
				target: first.id,
				details: { action: 'delete', topic: 't', progress },
			},
			{ actor: null, action: 'operation.start', target: second.id, details: { filter: { ids: 2 } } },
			{ actor: 'bob', action: 'operation.cancel', details: { topic: 't', progress: none, reason: 'a mistake' } },
		]);
	});

	test('goes page by page', async () => {
		const api = await startOnSqlite();
		for (const topic of ['a', 'b', 'c']) await api.post(`/v1/topics/${topic}/pause`);
		const first = (await api.get('/v1/audit?limit=2')).json;
		const second = (await api.get(`/v1/audit?limit=2&cursor=${first.nextCursor}`)).json;
		const targets = [...first.entries, ...second.entries].map(({ target }) => target);
		expect([targets, second.nextCursor]).toEqual([['c', 'b', 'a'], null]);
		expect((await api.get('/v1/audit?cursor=x')).json).toMatchObject({ status: 400, field: 'cursor' });
		expect((await api.get('/v1/audit?limit=0')).json).toMatchObject({ status: 400, field: 'limit' });
	});

	test('that cannot be written lets the action stand, and the log of the server says so', async () => {
		const told: string[] = [];
		const logger = { error() {}, info() {}, warn: (_: object, message: string) => void told.push(message) };
		const api = await startOnSqlite({ logger });
		const { documents } = api.engine;
		if (documents !== null) documents.append = () => Promise.reject(new Error('no'));
		expect((await api.post('/v1/topics/t/pause')).json.paused).toBe(true);
		expect(told).toEqual(['an action was done and could not be written to the audit log']);
	});
});
