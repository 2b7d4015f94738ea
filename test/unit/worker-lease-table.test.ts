import { expect, test } from 'vitest';
import { LeaseReader, LeaseTable, sharedNow } from '../../src/worker/lease-table.ts';

/** A table with its two sides, here in one thread; the real ones are at work in test/sdk. */
function pair() {
	const reader = new LeaseReader();
	const table = new LeaseTable((news) => reader.learn(news));
	const changes = () => {
		const { held, dropped } = reader.changes();
		const named = ({ id, token }: { id: string; token: number }) => `${id}#${token}`;
		return { held: held.map(named).sort(), dropped: dropped.map(named).sort() };
	};
	return { table, reader, changes };
}

test('what is held is read once, with the end of its lease', () => {
	const { table, reader } = pair();
	table.hold('emails:1732616363278', 3, 900);
	const { held } = reader.changes();
	expect(held).toEqual([{ id: 'emails:1732616363278', token: 3, endsAt: expect.any(Number) }]);
	expect(Math.abs((held[0]?.endsAt ?? 0) - sharedNow() - 900)).toBeLessThan(500);
	expect(reader.changes()).toEqual({ held: [], dropped: [] });
});

test('what is dropped is read as dropped, and what came and went in between is not read at all', () => {
	const { table, changes } = pair();
	table.hold('a:1', 1, 900);
	changes();
	expect(table.drop('a:1', 2)).toBe(false);
	expect(table.drop('a:1', 1)).toBe(true);
	table.hold('a:2', 1, 900);
	table.drop('a:2', 1);
	expect(changes()).toEqual({ held: [], dropped: ['a:1#1'] });
});

test('a row that another lease has taken over gives both: what it held and what it holds', () => {
	const { table, changes } = pair();
	table.hold('a:1', 1, 900);
	changes();
	table.drop('a:1', 1);
	table.hold('b:1', 7, 900);
	expect(changes()).toEqual({ held: ['b:1#7'], dropped: ['a:1#1'] });
});

test('a job that is held again under another token is held under that one alone', () => {
	const { table, changes } = pair();
	table.hold('a:1', 1, 900);
	table.hold('a:1', 2, 900);
	expect(changes()).toEqual({ held: ['a:1#2'], dropped: [] });
	expect([...table.leases()]).toEqual([{ id: 'a:1', token: 2 }]);
});

test('3,000 leases find room, leave it, and find it again', () => {
	const { table, changes } = pair();
	for (let round = 0; round < 3; round++) {
		for (let n = 1; n <= 3_000; n++) table.hold(`a:${n}`, round, 900);
		expect(changes().held).toHaveLength(3_000);
		table.clear();
		expect(changes().dropped).toHaveLength(3_000);
	}
});

test('a row whose topic has not been told yet comes when it has', () => {
	const late: Parameters<LeaseReader['learn']>[0][] = [];
	const reader = new LeaseReader();
	const table = new LeaseTable((news) => ('topic' in news ? late.push(news) : reader.learn(news)));
	table.hold('a:1', 1, 900);
	expect(reader.changes()).toEqual({ held: [], dropped: [] });
	for (const news of late) reader.learn(news);
	expect(reader.changes().held).toMatchObject([{ id: 'a:1', token: 1 }]);
});
