import { expect, test } from 'vitest';
import { asRawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { type GetSubject, getJob, idsOf, listAll, pushJobs, pushOne, settle, takeAll, takeOne } from './kit.ts';

/** Texts that a parse and a print would change. */
const TEXTS: [string, string][] = [
	['integers beyond 2^53', '{"n":9007199254740993,"m":-123456789012345678901234567890}'],
	['floats as written', '{"z":1.0,"e":1E+2,"s":0.10,"minus":-0}'],
	['empty arrays and objects', '{"a":[],"o":{},"n":[[],{}]}'],
	['spaces and line breaks', '{ "a" :\t[ 1 ,\r\n 2 ] ,\n"b":{ } }'],
	['escapes as written', '{"\\u0061":"\\u00e9\\n\\t\\/\\\\\\"\\ud83d\\ude00\\u0000"}'],
	['lone surrogates as escapes', '"\\ud800"'],
	['emoji and other scripts', '{"😀":"日本語 ✓ \u2028 \u007f"}'],
	[
		'words that mean something elsewhere',
		'{"prototype":{"x":1},"constructor":null,"toString":0,"id":"x","state":"dead"}',
	],
	['a string', '"text"'],
	['an empty string', '""'],
	['a number', '42'],
	['null', 'null'],
	['true', 'true'],
	['an empty array', '[]'],
	['an empty object', '{}'],
	['nesting', `${'['.repeat(56)}${']'.repeat(56)}`],
	['200 KB', `{"text":"${'0123456789abcdé'.repeat(13_000)}"}`],
];

/** What a server refuses, and a store of one's own keeps as well. */
const WILD: [what: string, text: string][] = [
	['repeated keys', '{"a":1,"a":2}'],
	['deep nesting', `${'['.repeat(500)}${']'.repeat(500)}`],
];

const GROUPS = ['*', 'a:b', '{x}', ' ', '0', 'null', '😀', '"', '\\', "it's", '%s', 'a  b', 'é', 'É', 'e\u0301'];

export function payloadTests(subject: GetSubject): void {
	for (const [what, text] of [...TEXTS, ...WILD]) {
		test(`a payload comes back byte for byte: ${what}`, async ({ skip }) => {
			const { engine } = subject();
			skip(WILD.some(([one]) => one === what) && !engine.supports.anyJson, 'a server refuses it');
			const data = asRawJson(text);
			const id = await pushOne(engine, 'emails', { data });
			expect((await getJob(engine, id)).data).toBe(text);
			expect((await listAll(engine, 'emails', 'waiting')).map((job) => job.data)).toEqual([text]);
			const job = await takeOne(engine, 'emails');
			expect(job.data).toBe(text);
			await settle(engine, job, 'retry');
			expect((await takeOne(engine, 'emails')).data).toBe(text);
		});
	}

	test('a result and an error come back byte for byte', async () => {
		const { engine } = subject();
		const texts = TEXTS.map(([, text]) => text).filter((text) => Buffer.byteLength(text) <= LIMITS.outcomeBytes);
		for (const text of texts) {
			const done = await pushOne(engine, 'emails');
			await settle(engine, await takeOne(engine, 'emails'), 'complete', { result: asRawJson(text) });
			const dead = await pushOne(engine, 'emails');
			await settle(engine, await takeOne(engine, 'emails'), 'kill', { error: asRawJson(text) });
			const retried = await pushOne(engine, 'later');
			await settle(engine, await takeOne(engine, 'later'), 'retry', { error: asRawJson(text), delayMs: 50 });
			expect((await getJob(engine, done)).result).toBe(text);
			expect((await getJob(engine, dead)).error).toBe(text);
			expect((await getJob(engine, retried)).error).toBe(text);
		}
		for (const [topic, state] of [
			['emails', 'completed'] as const,
			['emails', 'dead'] as const,
			['later', 'delayed'] as const,
		]) {
			const listed = await listAll(engine, topic, state);
			expect(listed).toHaveLength(texts.length);
			expect(await engine.getJobs(idsOf(listed))).toEqual(listed);
		}
	});

	test('a result and an error may be as long as the limit', async () => {
		const { engine } = subject();
		const text = asRawJson(`"${'x'.repeat(LIMITS.outcomeBytes - 2)}"`);
		const id = await pushOne(engine, 'emails');
		await settle(engine, await takeOne(engine, 'emails'), 'retry', { error: text });
		await settle(engine, await takeOne(engine, 'emails'), 'complete', { result: text });
		expect(await getJob(engine, id)).toMatchObject({ result: text, error: text });
	});

	test('a group may have any name, and is a lane of its own', async () => {
		const { engine } = subject();
		const groups = [...GROUPS, 'g'.repeat(LIMITS.groupBytes), `${'g'.repeat(LIMITS.groupBytes - 1)}h`, null];
		const jobs = [0, 1].flatMap(() => groups.map((group) => ({ group })));
		const ids = await pushJobs(engine, 'emails', jobs);
		expect((await engine.getJobs(ids)).map((job) => job?.group)).toEqual(jobs.map(({ group }) => group));
		// The first group goes first, since the others wait one turn; then all by turns, in the byte order of their names.
		const named = groups.filter((group) => group !== null);
		const byName = [null, ...named.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))];
		const taken = await takeAll(engine, 'emails');
		expect(taken.map(({ group }) => group)).toEqual(['*', ...byName, ...byName.filter((group) => group !== '*')]);
		for (const [number, group] of groups.entries()) {
			const pushed = ids.filter((_, index) => index % groups.length === number);
			expect(idsOf(taken.filter((job) => job.group === group))).toEqual(pushed);
		}
	});

	test('a job of every group can be released, retried and deleted', async () => {
		const { engine } = subject();
		for (const group of GROUPS) {
			const id = await pushOne(engine, 'emails', { group });
			await settle(engine, await takeOne(engine, 'emails'), 'release');
			await settle(engine, await takeOne(engine, 'emails'), 'retry');
			expect(await getJob(engine, id)).toMatchObject({ state: 'waiting', group, attempt: 1, token: 2 });
			expect(await engine.deleteJobs([id])).toEqual([{ status: 'ok' }]);
		}
		expect(await takeAll(engine, 'emails')).toEqual([]);
	});
}
