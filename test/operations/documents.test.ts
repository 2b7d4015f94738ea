import { join } from 'node:path';
import { afterEach, describe, expect, inject, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { asRawJson } from '../../src/core/json.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { Collection, Document, Documents, Engine } from '../../src/engine/engine.ts';
import { RedisEngine } from '../../src/engine/redis/engine.ts';
import { SqliteEngine } from '../../src/engine/sqlite/engine.ts';
import { ReferenceEngine } from '../model/reference-engine.ts';
import { START, testClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

type Make = (clock: Clock, place: string) => Engine;

const STORES: [string, Make][] = [
	['the model', (clock) => new ReferenceEngine(clock)],
	['SQLite', (clock, place) => new SqliteEngine({ path: join(place, 'jobs.db'), clock })],
	['Redis', (clock, place) => new RedisEngine({ url: inject('redisUrl'), prefix: place.replaceAll('/', '-'), clock })],
];

let opened: Engine[] = [];

afterEach(async () => {
	await Promise.all(opened.map((engine) => engine.close()));
	opened = [];
});

function documentOf(id: string, version = 1, more: Partial<Document> = {}): Document {
	return { id, version, open: true, text: asRawJson(`{"id":"${id}","n":${version}}`), ...more };
}

const line = (n: number) => asRawJson(`{"n":${n},"text":"a\\nb"}`);

async function allOf<T>(read: (cursor: string | null) => Promise<{ items: T[]; nextCursor: string | null }>) {
	const items: T[] = [];
	let pages = 0;
	let cursor: string | null = null;
	do {
		const page = await read(cursor);
		items.push(...page.items);
		cursor = page.nextCursor;
		pages++;
	} while (cursor !== null);
	return { items, pages };
}

const listed = (documents: Collection, limit: number) =>
	allOf(async (cursor) => {
		const { documents: items, nextCursor } = await documents.list({ cursor, limit });
		return { items, nextCursor };
	});

const logged = (documents: Documents, limit: number) =>
	allOf(async (cursor) => {
		const { entries: items, nextCursor } = await documents.entries({ cursor, limit });
		return { items, nextCursor };
	});

describe.each(STORES)('documents in %s', (_name, make) => {
	async function start(clock = testClock(), place = tempDir()) {
		const engine = make(clock, place);
		opened.push(engine);
		await engine.open();
		if (engine.documents === null) throw new Error('The engine keeps no documents');
		return { documents: engine.documents, engine, clock, place };
	}

	test('are saved by one of two who have read the same version', async () => {
		const { documents } = await start();
		expect(await documents.save(documentOf('a'))).toBe(true);
		expect(await documents.save(documentOf('a'))).toBe(false);
		const both = await Promise.all([2, 2].map((version) => documents.save(documentOf('a', version))));
		expect(both.filter(Boolean)).toHaveLength(1);
		expect(await documents.save(documentOf('b', 2))).toBe(false);
		expect(await documents.get('a')).toEqual(documentOf('a', 2));
		expect(await documents.get('b')).toBeNull();
	});

	test('that are open are given with the time of the store, the oldest first', async () => {
		const { documents, clock } = await start();
		for (const id of ['b', 'a', 'c']) await documents.save(documentOf(id));
		await documents.save(documentOf('a', 2, { open: false }));
		await documents.save(documentOf('b', 2));
		clock.advance(5);
		expect(await documents.open()).toEqual({ now: START + 5, documents: [documentOf('b', 2), documentOf('c')] });
	});

	test('are listed page by page, the latest first', async () => {
		const { documents } = await start();
		for (const id of ['b', 'a', 'e', 'd', 'c']) await documents.save(documentOf(id, 1, { open: id < 'c' }));
		await documents.save(documentOf('b', 2));
		const { items, pages } = await listed(documents, 2);
		expect(items.map(({ id, version, open }) => [id, version, open])).toEqual([
			['c', 1, false],
			['d', 1, false],
			['e', 1, false],
			['a', 1, true],
			['b', 2, true],
		]);
		expect(pages).toBe(3);
		expect((await documents.list({ cursor: null, limit: 5 })).nextCursor).toBeNull();
	});

	test('keep their text byte for byte', async () => {
		const { documents } = await start();
		const text = asRawJson('{"big":9007199254740993, "line":"a\\nb", "e":"é"}');
		await documents.save(documentOf('a', 1, { text }));
		expect((await documents.get('a'))?.text).toBe(text);
		expect((await documents.open()).documents[0]?.text).toBe(text);
	});

	test('that are closed go, oldest first, when there are too many; open ones stay', async () => {
		const { documents } = await start();
		await documents.save(documentOf('open'));
		const ids = Array.from({ length: LIMITS.keptDocuments + 3 }, (_, n) => `d${n}`);
		for (const id of ids) await documents.save(documentOf(id, 1, { open: false }));
		const { items } = await listed(documents, 400);
		expect(items.map(({ id }) => id)).toEqual([...ids.slice(3).reverse(), 'open']);
		expect(await documents.get('d2')).toBeNull();
	});

	test('refuse a cursor that is none of theirs', async () => {
		const { documents } = await start();
		for (const cursor of ['x', '', '-1']) {
			await expect(documents.list({ cursor, limit: 1 })).rejects.toMatchObject({ code: 'INVALID' });
			await expect(documents.entries({ cursor, limit: 1 })).rejects.toMatchObject({ code: 'INVALID' });
		}
	});

	test('bring a line to the log only when they are saved', async () => {
		const { documents, clock } = await start();
		await documents.save(documentOf('a'), line(1));
		await documents.save(documentOf('a'), line(2));
		clock.advance(7);
		await documents.append(line(3));
		expect((await documents.entries({ cursor: null, limit: 10 })).entries).toEqual([
			{ at: START + 7, text: line(3) },
			{ at: START, text: line(1) },
		]);
	});

	test('have a log that holds the last lines, page by page, the latest first', async () => {
		const { documents } = await start();
		const count = LIMITS.logEntries + 2;
		for (let n = 0; n < count; n += 500) {
			await Promise.all(Array.from({ length: Math.min(500, count - n) }, (_, i) => documents.append(line(n + i))));
		}
		const { items, pages } = await logged(documents, 1_000);
		expect(pages).toBe(10);
		expect(items.map(({ text }) => text)).toEqual(
			Array.from({ length: count }, (_, n) => line(n))
				.slice(2)
				.reverse(),
		);
	});

	test('page through the log without a gap while lines are added', async () => {
		const { documents } = await start();
		for (let n = 0; n < 4; n++) await documents.append(line(n));
		const first = await documents.entries({ cursor: null, limit: 2 });
		await documents.append(line(4));
		const second = await documents.entries({ cursor: first.nextCursor, limit: 2 });
		expect([...first.entries, ...second.entries].map(({ text }) => text)).toEqual([3, 2, 1, 0].map(line));
	});

	test('are the same for every engine on the store, also for a later one', async (context) => {
		const { documents, engine, clock, place } = await start();
		if (!engine.supports.persistence) return context.skip();
		await documents.save(documentOf('a'), line(1));
		await engine.close();
		const again = await start(clock, place);
		expect(await again.documents.save(documentOf('a', 2))).toBe(true);
		expect((await again.documents.entries({ cursor: null, limit: 1 })).entries).toHaveLength(1);
	});

	test('are counted, whether they are open or not', async () => {
		const { documents } = await start();
		expect(await documents.count()).toBe(0);
		await documents.save(documentOf('a'));
		await documents.save(documentOf('b', 1, { open: false }));
		await documents.save(documentOf('a', 2));
		expect(await documents.count()).toBe(2);
	});

	test('are apart from the keys of callers, which are kept in the same way', async () => {
		const { documents, engine, clock, place } = await start();
		const keys = engine.keys;
		if (!keys) throw new Error('The engine keeps no keys');
		await documents.save(documentOf('a'));
		expect(await keys.count()).toBe(0);
		expect(await keys.save(documentOf('a'))).toBe(true);
		expect(await keys.save(documentOf('a', 2, { open: false }))).toBe(true);
		expect(await keys.save(documentOf('b'))).toBe(true);
		expect(await keys.open()).toEqual({ now: START, documents: [documentOf('b')] });
		expect((await listed(keys, 1)).items).toEqual([documentOf('b'), documentOf('a', 2, { open: false })]);
		expect(await listed(documents, 1)).toEqual({ items: [documentOf('a')], pages: 1 });
		expect(await keys.get('a')).toEqual(documentOf('a', 2, { open: false }));
		if (!engine.supports.persistence) return;
		await engine.close();
		expect(await (await start(clock, place)).engine.keys?.count()).toBe(2);
	});

	test('refuse calls after the engine was closed', async () => {
		const { documents, engine } = await start();
		await engine.close();
		await expect(documents.open()).rejects.toMatchObject({ code: 'CLOSED' });
	});
});
