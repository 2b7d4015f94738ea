import { expect, test } from 'vitest';
import { BAD_NUMBERS, BAD_TOPICS, shown } from './bad-values.ts';
import { onEachStore } from './kit.ts';
import { refused } from './refused.ts';

onEachStore('bad input to v1', (start) => {
	// A URL cannot hold an empty segment as a topic, and a client resolves '..' before it sends.
	test.each(BAD_TOPICS.filter((topic) => topic !== '' && topic !== '..'))('the topic %j', async (topic) => {
		const api = await start();
		const path = `/v1/topics/${encodeURIComponent(topic)}`;
		const push = await refused(api, () => api.post(`${path}/jobs`, { data: 1 }));
		expect(push.json).toMatchObject({ code: 'INVALID', status: 400, field: 'topic' });
		expect(push.json.detail).toContain(`received ${shown(topic)}`);
		for (const url of [path, `${path}/jobs?state=waiting`]) expect((await api.get(url)).status).toBe(400);
		const take = await api.post('/v1/take', { topics: ['t', topic] });
		expect(take.json).toMatchObject({ code: 'INVALID', field: 'topics[1]' });
	});

	const OPTIONS: [field: string, values: string[]][] = [
		['priority', ['-1001', '1001', ...BAD_NUMBERS.filter((number) => number !== '-1')]],
		['delayMs', ['31536000001', ...BAD_NUMBERS]],
		['runAt', ['253402300800000', ...BAD_NUMBERS]],
		['maxAttempts', ['0', '1001', ...BAD_NUMBERS]],
		['group', ['""', '"."', '".."', '"\\u0000"', '"a\\nb"', '"\\ud800"', `"${'é'.repeat(513)}"`, '1', 'null']],
		['backoff', ['"fixed"', 'null', '[]', '1000']],
		['backoff.type', ['"linear"', '1']],
		['backoff.delayMs', ['31536000001', ...BAD_NUMBERS]],
		['backoff.maxMs', BAD_NUMBERS],
		['backoff.jitter', ['-0.1', '1.1', '"0.5"', 'null']],
		['cost', ['0', '1001', ...BAD_NUMBERS]],
		['timeoutMs', ['0', '31536000001', ...BAD_NUMBERS]],
		['ttlMs', ['0', '31536000001', ...BAD_NUMBERS]],
		['retryForMs', ['0', '31536000001', ...BAD_NUMBERS]],
		['maxCrashes', ['0', '1001', ...BAD_NUMBERS]],
		['onRetry', ['"later"', 'true', 'null']],
		['unique', ['"k"', 'null', '[]', '1']],
		['unique.key', ['""', '1', 'null', '"\\u0000"', '"\\ud800"', `"${'a'.repeat(256)}"`]],
		['unique.scope', ['"active"', '5', 'null', '[]']],
		['unique.onConflict', ['"ignore"', 'null', '0']],
		['tags', ['"red"', 'null', '{}', JSON.stringify(Array(11).fill('a'))]],
		['parent', ['"t"', '1', 'null', '"t:0"']],
	];

	test.each(OPTIONS)('the job option %s', async (field, values) => {
		const api = await start();
		for (const value of values) {
			const [outer = '', inner] = field.split('.');
			const good = { backoff: { type: '"fixed"', delayMs: '1' }, unique: { key: '"k"' } }[outer];
			const nested = { ...good, ...(inner ? { [inner]: value } : {}) };
			const members = Object.entries(nested).map(([key, text]) => `"${key}":${text}`);
			const option = inner ? `"${outer}":{${members.join()}}` : `"${field}":${value}`;
			const body = `{"jobs":[{"data":1},{"data":2,${option}}]}`;
			const { json, text } = await refused(api, () => api.post('/v1/topics/t/jobs', body));
			expect(json, text).toMatchObject({ code: 'INVALID', field: `jobs[1].${field}` });
			expect(json.detail).toMatch(new RegExp(`^jobs\\[1\\]\\.${field.replace('.', '\\.')} must be .*received `));
		}
	});

	test.each(['prio', 'timeout', 'ttl', 'key', 'tag', 'id', 'constructor'])('the unknown option %s', async (key) => {
		const api = await start();
		const { json } = await refused(api, () => api.post('/v1/topics/t/jobs', { jobs: [{ data: 1, [key]: 5 }] }));
		expect(json).toMatchObject({ code: 'INVALID', field: `jobs[0].${key}`, value: 5 });
		expect(json.detail).toMatch(/is not a known field; known: data, priority, .*; received 5$/);
		const take = await api.post('/v1/take', { topics: ['t'], consumer: 'w1' });
		expect(take.json).toMatchObject({ code: 'INVALID', field: 'consumer', value: 'w1' });
	});

	test('a field of a key, of its window or of a tag that is wrong is named whole', async () => {
		const api = await start();
		const fieldOf = async (option: object) => {
			const { json } = await refused(api, () => api.post('/v1/topics/t/jobs', { data: 1, ...option }));
			return json.field;
		};
		expect(await fieldOf({ unique: {} })).toBe('unique.key');
		expect(await fieldOf({ unique: { key: 'k', for: 5 } })).toBe('unique.for');
		expect(await fieldOf({ unique: { key: 'k', scope: {} } })).toBe('unique.scope.windowMs');
		expect(await fieldOf({ unique: { key: 'k', scope: { windowMs: 0 } } })).toBe('unique.scope.windowMs');
		expect(await fieldOf({ tags: ['a', ''] })).toBe('tags[1]');
		expect(await fieldOf({ tags: ['a'.repeat(65)] })).toBe('tags[0]');
	});

	test('characters are counted whole, also those that take two code units', async () => {
		const api = await start();
		const push = (tags: string[]) => api.post('/v1/topics/t/jobs', { data: 1, tags });
		expect((await push(['🙂'.repeat(64)])).status).toBe(201);
		expect((await push(['🙂'.repeat(65)])).json).toMatchObject({ code: 'INVALID', field: 'tags[0]' });
		const cancel = (reason: string) => api.post('/v1/jobs/t:1/cancel', { reason });
		expect((await cancel('🙂'.repeat(1_000))).status).toBe(404);
		expect((await cancel('🙂'.repeat(1_001))).json).toMatchObject({ code: 'INVALID', field: 'reason' });
	});

	test('delayMs together with runAt, no data, no jobs, too many jobs, and shapes that are none', async () => {
		const api = await start();
		const fieldOf = async (body: unknown) => {
			const { json } = await refused(api, () => api.post('/v1/topics/t/jobs', body));
			return json.field;
		};
		expect(await fieldOf({ jobs: [{ data: 1, delayMs: 1, runAt: 1 }] })).toBe('jobs[0].runAt');
		expect(await fieldOf({ jobs: [{ data: 1 }, { priority: 1 }] })).toBe('jobs[1].data');
		expect(await fieldOf({ priority: 1 })).toBe('data');
		expect(await fieldOf({ jobs: [] })).toBe('jobs');
		expect(await fieldOf({ jobs: Array(1_001).fill({ data: 1 }) })).toBe('jobs');
		expect(await fieldOf({ jobs: { data: 1 } })).toBe('jobs');
		expect(await fieldOf({ jobs: [[]] })).toBe('jobs[0]');
		expect(await fieldOf({ jobs: [{ data: 1 }], data: 1 })).toBe('data');
		expect(await fieldOf('[]')).toBe('body');
		expect(await fieldOf('null')).toBe('body');
	});

	const TAKES: [field: string, value: string][] = [
		['topics', '[]'],
		['topics', '"t"'],
		['topics', JSON.stringify(Array(101).fill('t'))],
		...['max', 'waitMs', 'leaseMs'].flatMap((field) => BAD_NUMBERS.map((number): [string, string] => [field, number])),
		['max', '0'],
		['max', '1001'],
		['waitMs', '60001'],
		['leaseMs', '99'],
		['leaseMs', '86400001'],
		['requestId', '""'],
		['requestId', '"é"'],
		['requestId', `"${'a'.repeat(256)}"`],
		['worker', '""'],
		['worker', '"a\\nb"'],
		['worker', `"${'a'.repeat(129)}"`],
		['worker', 'null'],
		['marks', '1'],
		['marks', '"true"'],
		['settle[0].parkMs', '[{"id":"t:1","token":1,"outcome":"complete","parkMs":0}]'],
		['settle', '{}'],
		['settle[0]', '[1]'],
		['settle[0].token', '[{"id":"t:1","token":0,"outcome":"complete"}]'],
		['settle[0].outcome', '[{"id":"t:1","token":1,"outcome":"done"}]'],
		['settle[0].id', '[{"id":"t","token":1,"outcome":"complete"}]'],
		['settle[0].result', '[{"id":"t:1","token":1,"outcome":"retry","result":1}]'],
		['settle[0].error', '[{"id":"t:1","token":1,"outcome":"complete","error":1}]'],
		['settle[0].delayMs', '[{"id":"t:1","token":1,"outcome":"kill","delayMs":1}]'],
		['settle[0].delayMs', '[{"id":"t:1","token":1,"outcome":"retry","delayMs":-1}]'],
	];

	test.each(TAKES)('a take with %s %s', async (field, value) => {
		const api = await start();
		const key = field.replace(/\[.*/, '');
		const topics = key === 'topics' ? '' : '"topics":["t"],';
		const { json, text } = await refused(api, () => api.post('/v1/take', `{${topics}"${key}":${value}}`));
		expect(json, text).toMatchObject({ code: 'INVALID', field });
	});

	test('extend and settle name the item and the field', async () => {
		const api = await start();
		const fieldOf = async (url: string, body: unknown) => (await refused(api, () => api.post(url, body))).json.field;
		const lease = { id: 't:1', token: 1 };
		expect(await fieldOf('/v1/extend', { leases: [lease] })).toBe('leaseMs');
		expect(await fieldOf('/v1/extend', { leases: [lease], leaseMs: 99 })).toBe('leaseMs');
		expect(await fieldOf('/v1/extend', { leases: [lease, { id: 't:1' }], leaseMs: 1000 })).toBe('leases[1].token');
		expect(await fieldOf('/v1/extend', { leases: [{ ...lease, started: 1 }], leaseMs: 1000 })).toBe(
			'leases[0].started',
		);
		for (const parkMs of [0, -1, 31_536_000_001, 1.5, '1', null]) {
			const outcome = { ...lease, outcome: 'release', parkMs };
			expect(await fieldOf('/v1/settle', { outcomes: [outcome] })).toBe('outcomes[0].parkMs');
		}
		expect(await fieldOf('/v1/settle', { outcomes: Array(1_001).fill({}) })).toMatch(/^outcomes/);
		expect(await fieldOf('/v1/settle', { outcomes: [{ ...lease, outcome: 'cancel' }] })).toBe('outcomes[0].outcome');
		expect(await fieldOf('/v1/settle', { outcomes: [{ ...lease, outcome: 'kill', reason: 'no spaces' }] })).toBe(
			'outcomes[0].reason',
		);
	});

	test('a result or an error over 64 KiB is too large', async () => {
		const api = await start();
		const settle = (outcome: object) => api.post('/v1/settle', { outcomes: [{ id: 't:1', token: 1, ...outcome }] });
		const text = 'é'.repeat(32_768);
		const result = await refused(api, () => settle({ outcome: 'complete', result: text }), 413);
		expect(result.json).toMatchObject({ code: 'TOO_LARGE', field: 'outcomes[0].result', value: 65_538 });
		const error = await refused(api, () => settle({ outcome: 'retry', error: text }), 413);
		expect(error.json).toMatchObject({ code: 'TOO_LARGE', field: 'outcomes[0].error' });
	});

	const SETTINGS: [field: string, patch: string][] = [
		['leaseMs', '{"leaseMs":99}'],
		['maxAttempts', '{"maxAttempts":"4"}'],
		['backoff.type', '{"backoff":{"delayMs":1}}'],
		['completed.ageMs', '{"completed":{"count":1}}'],
		['completed.count', '{"completed":{"count":-1,"ageMs":1}}'],
		['dead', '{"dead":7}'],
		['cancelled.count', '{"cancelled":{"ageMs":1}}'],
		...BAD_NUMBERS.filter((number) => number !== 'null').map((number): [string, string] => [
			'concurrency',
			`{"concurrency":${number}}`,
		]),
		['concurrency', '{"concurrency":0}'],
		['concurrency', '{"concurrency":1000001}'],
		['rate', '{"rate":7}'],
		['rate', '{"rate":{"limit":5,"perMs":1000,"burst":6}}'],
		['rate.limit', '{"rate":{"perMs":1000}}'],
		['rate.limit', '{"rate":{"limit":0,"perMs":1000}}'],
		['rate.limit', '{"rate":{"limit":1000001,"perMs":1000}}'],
		['rate.perMs', '{"rate":{"limit":1,"perMs":86400001}}'],
		['rate.burst', '{"rate":{"limit":1,"perMs":1000,"burst":0}}'],
		['rate.per', '{"rate":{"limit":1,"perMs":1000,"per":1}}'],
		['groups', '{"groups":[]}'],
		['groups.concurrency', '{"groups":{"concurrency":0}}'],
		['groups.concurrency', '{"groups":{"concurrency":null}}'],
		['groups.rate', '{"groups":{"rate":{"limit":1,"perMs":1,"burst":2}}}'],
		['groups.weight', '{"groups":{"weight":2}}'],
		['waitingBytes', '{"waitingBytes":-1}'],
		['finishedBytes', '{"finishedBytes":0.5}'],
		['weight', '{"weight":2}'],
		['paused', '{"paused":true}'],
	];

	test.each(SETTINGS)('the setting %s in %s', async (field, patch) => {
		const api = await start();
		const { json } = await refused(api, () => api.send('PATCH', '/v1/topics/t', patch));
		expect(json).toMatchObject({ code: 'INVALID', field });
		expect((await api.get('/v1/topics/t')).json.settings).toEqual({});
	});

	test.each(['state=', 'state=gone', '', 'state=waiting&limit=0', 'state=waiting&limit=1001', 'state=waiting&limit=x'])(
		'a list with ?%s',
		async (query) => {
			const api = await start();
			const { json } = await refused(api, () => api.get(`/v1/topics/t/jobs?${query}`));
			expect(json).toMatchObject({ code: 'INVALID', field: query.includes('limit') ? 'limit' : 'state' });
		},
	);

	const LISTS = [
		'/v1/topics/t/jobs?state=waiting&',
		'/v1/topics/t/groups?',
		'/v1/topics?',
		'/v1/audit?',
		'/v1/operations?',
	];

	test.each(LISTS)('a cursor that is none in GET %s', async (url) => {
		const api = await start();
		for (const cursor of ['%00', '%F0%9F%99%82', '-']) {
			const { json } = await refused(api, () => api.get(`${url}cursor=${cursor}`));
			expect(json).toMatchObject({ code: 'INVALID', status: 400, field: 'cursor' });
		}
	});

	test('unknown jobs and topics are not found', async () => {
		const api = await start();
		const missing = async (method: 'GET' | 'POST' | 'DELETE', url: string, value: string) => {
			const { json } = await refused(api, () => api.send(method, url), 404);
			expect(json).toMatchObject({ code: 'NOT_FOUND', value });
		};
		await missing('GET', '/v1/jobs/t:12345', 't:12345');
		await missing('DELETE', '/v1/jobs/t%3A12345', 't:12345');
		for (const action of ['retry', 'promote', 'cancel']) {
			await missing('POST', `/v1/jobs/t:12345/${action}`, 't:12345');
		}
		await missing('GET', '/v1/jobs/t:12345/explain', 't:12345');
		const { status } = await api.post('/v1/jobs/t:12345/retry', { data: 1 });
		expect(status).toBe(404);
		await missing('GET', '/v1/topics/unknown', 'unknown');
	});

	test('a job id that is none', async () => {
		const api = await start();
		for (const id of ['t', 't:x', '..%2F', '%7Bx%7D', 't:1:2', 't:0']) {
			const { json } = await refused(api, () => api.get(`/v1/jobs/${id}`));
			expect(json).toMatchObject({ code: 'INVALID', field: 'id', value: decodeURIComponent(id) });
			for (const action of ['retry', 'promote', 'cancel']) {
				expect((await api.post(`/v1/jobs/${id}/${action}`)).json).toMatchObject({ code: 'INVALID', field: 'id' });
			}
			expect((await api.get(`/v1/jobs/${id}/explain`)).json).toMatchObject({ code: 'INVALID', field: 'id' });
		}
	});

	const GROUP_PATCHES: [field: string, patch: string][] = [
		...['0', '101', ...BAD_NUMBERS.filter((number) => number !== 'null')].map((number): [string, string] => [
			'weight',
			`{"weight":${number}}`,
		]),
		['concurrency', '{"concurrency":0}'],
		['rate', '{"rate":{"limit":1,"perMs":1,"burst":2}}'],
		['rate.perMs', '{"rate":{"limit":1}}'],
		['maxAttempts', '{"maxAttempts":1}'],
		['body', '[]'],
	];

	test.each(GROUP_PATCHES)('the group setting %s in %s', async (field, patch) => {
		const api = await start();
		const { json } = await refused(api, () => api.send('PATCH', '/v1/topics/t/groups/g', patch));
		expect(json).toMatchObject({ code: 'INVALID', field });
		expect((await api.get('/v1/topics/t/groups/g')).json.settings).toEqual({});
	});

	test('a group whose name is none', async () => {
		const api = await start();
		for (const name of ['%00', 'a%0Ab', 'a'.repeat(1_025), encodeURIComponent('é'.repeat(513))]) {
			const url = `/v1/topics/t/groups/${name}`;
			for (const send of [
				() => api.get(url),
				() => api.send('PATCH', url, {}),
				() => api.post(`${url}/pause`),
				() => api.post(`${url}/resume`),
			]) {
				const { json } = await refused(api, send);
				expect(json).toMatchObject({ code: 'INVALID', field: 'group' });
			}
		}
		const lookup = await refused(api, () => api.post('/v1/topics/t/groups/lookup', { groups: ['a', ''] }));
		expect(lookup.json).toMatchObject({ code: 'INVALID', field: 'groups[1]' });
		const topic = await refused(api, () => api.get('/v1/topics/-/groups'));
		expect(topic.json).toMatchObject({ code: 'INVALID', field: 'topic' });
	});

	const PAUSES: [field: string, body: string][] = [
		['until', '{"until":-1}'],
		['until', '{"until":253402300800000}'],
		['until', '{"until":"2030-01-01"}'],
		['until', '{"until":null}'],
		['forMs', '{"forMs":0}'],
		['forMs', '{"forMs":31536000001}'],
		['forMs', '{"forMs":1.5}'],
		['forMs', '{"until":1,"forMs":1}'],
		['for', '{"for":1}'],
		['body', '[]'],
	];

	test.each(PAUSES)('a pause with %s in %s', async (field, body) => {
		const api = await start();
		for (const url of ['/v1/topics/t', '/v1/topics/t/groups/g']) {
			const { json } = await refused(api, () => api.post(`${url}/pause`, body));
			expect(json).toMatchObject({ code: 'INVALID', field });
			expect((await api.get(url)).json.paused).toBe(false);
		}
	});

	test.each([
		['reason', '{"reason":""}'],
		['reason', '{"reason":7}'],
		['reason', JSON.stringify({ reason: 'a'.repeat(1_001) })],
		['actor', '{"actor":""}'],
		['actor', '{"actor":"a\\u0007"}'],
		['actor', JSON.stringify({ actor: 'a'.repeat(129) })],
		['why', '{"why":"x"}'],
		['body', '"why"'],
	])('a cancellation with %s in %s', async (field, body) => {
		const api = await start();
		const [id] = await api.push('u', { data: 1 });
		const one = await refused(api, () => api.post(`/v1/jobs/${id}/cancel`, body));
		expect(one.json).toMatchObject({ code: 'INVALID', field });
		if (!body.startsWith('{')) return;
		const many = await refused(api, () => api.post('/v1/jobs/cancel', `{"ids":["${id}"],${body.slice(1)}`));
		expect(many.json).toMatchObject({ code: 'INVALID', field });
		expect((await api.get(`/v1/jobs/${id}`)).json.state).toBe('waiting');
	});

	test('an action that the state of the job does not allow', async () => {
		const api = await start();
		const [id] = await api.push('u', { data: 1 });
		const retry = await refused(api, () => api.post(`/v1/jobs/${id}/retry`), 409);
		expect(retry.json).toMatchObject({ code: 'WRONG_STATE', field: 'id', value: id });
		const again = await refused(api, () => api.post(`/v1/jobs/${id}/retry`, { data: 2 }), 409);
		expect(again.json.detail).toBe(`Job ${id} is waiting; only a dead or cancelled job can be retried`);
		const promote = await refused(api, () => api.post(`/v1/jobs/${id}/promote`), 409);
		expect(promote.json.detail).toMatch(/is waiting; only a delayed job/);
		await api.take('u');
		expect((await api.send('DELETE', `/v1/jobs/${id}`)).json.detail).toMatch(/is active; only a job that no worker/);
		await api.post(`/v1/jobs/${id}/cancel`);
		const cancel = await refused(api, () => api.post(`/v1/jobs/${id}/cancel`), 409);
		expect(cancel.json.detail).toBe(`Job ${id} is cancelled; only a job that has not ended can be cancelled`);
	});
});
