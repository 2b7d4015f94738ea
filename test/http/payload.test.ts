import { expect, test } from 'vitest';
import { onEachStore } from './kit.ts';

const PAYLOADS = [
	'{"n":9007199254740993,"z":1.0,"a":[],"o":{}}',
	'{ "spaced" : [ 1 ,\t2 ],\n"e": 1E+2, "neg": -0, "last": 2 }',
	'{"text":"\\u00e9 é \\ud83d\\ude00 😀 \\u0000 \\" \\\\ \\/","":{"":""}}',
	'{"2":"two","1":"one","b":1e-7,"a":123456789012345678901234567890}',
	'{"a":[[[[{"b":[]}]]],null,true,false]}',
	'{"proto":"\\"__proto__\\":1"}',
];

/** The seed's API sets the members of a payload behind its own four: as they were written, one comma between them. */
const SEEN_BY_SEED = PAYLOADS.map((payload, index): [payload: string, members: string] => {
	if (index === 1) return [payload, '"spaced" : [ 1 ,\t2 ],"e": 1E+2,"neg": -0,"last": 2'];
	return [payload, payload.slice(1, -1)];
});

const ANY_JSON = [...PAYLOADS, '[]', '[1.0 , {}]', '"text"', '1.50', 'null', 'true', '{}'];

onEachStore('payload bytes in are bytes out', (start) => {
	test.each(ANY_JSON)('through v1: %s', async (payload) => {
		const api = await start();
		const [id] = (await api.post('/v1/topics/t/jobs', `{"jobs":[ {"priority":1, "data": ${payload} } ]}`)).json.jobs;
		expect((await api.get(`/v1/jobs/${id.id}`)).text).toContain(`"data":${payload},"priority"`);
		expect((await api.post('/v1/take', { topics: ['t'] })).text).toContain(`"data":${payload},"attempt"`);
		expect((await api.get('/v1/topics/t/jobs?state=active')).text).toContain(`"data":${payload},"priority"`);
	});

	test.each(ANY_JSON)('through v1 as a single job: %s', async (payload) => {
		const api = await start();
		await api.post('/v1/topics/t/jobs', `{"data":${payload},"group":"g"}`);
		expect((await api.post('/v1/take', { topics: ['t'] })).text).toContain(`"data":${payload},"attempt"`);
	});

	test.each(SEEN_BY_SEED)('through the seed API: %s', async (payload, members) => {
		const api = await start();
		const { jobId } = (await api.post('/api/jobs', `{"job": ${payload} ,"topic":"t"}`)).json;
		expect((await api.get(`/v1/jobs/${jobId}`)).text).toContain(`"data":${payload},"priority"`);
		const { text } = await api.get('/api/jobs/jobToRun?topic=t');
		expect(text).toMatch(/^\{"job":\{"jobId":/);
		expect(text).toContain(`"retryCount":0,${members}},"message":"Job to run"}`);
	});

	test.each(ANY_JSON)('as the result of a job: %s', async (result) => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		await api.take('t');
		await api.post('/v1/settle', `{"outcomes":[{"id":"${id}","token":1,"outcome":"complete","result": ${result}}]}`);
		expect((await api.get(`/v1/jobs/${id}`)).text).toContain(`"result":${result},"error":null`);
	});

	test.each(PAYLOADS)('as the error of a job: %s', async (error) => {
		const api = await start();
		const [id] = await api.push('t', { data: 1 });
		await api.take('t');
		await api.post('/v1/settle', `{"outcomes":[{"id":"${id}","token":1,"outcome":"kill","error":${error}}]}`);
		expect((await api.get(`/v1/jobs/${id}`)).text).toContain(
			`"result":null,"error":${error},"progress":null,"history":[{"kind":"killed"`,
		);
		// In the history it is the same JSON; its line breaks may have become spaces.
		const { history } = (await api.get(`/v1/jobs/${id}`)).json;
		expect(history).toMatchObject([{ by: null, error: JSON.parse(error) }]);
	});
});
