import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
	type ConflictAction,
	type HolderState,
	ON_CONFLICT,
	type OnConflict,
	UNIQUE_MATRIX,
} from '../../src/core/unique.ts';

/** The words of the page for what becomes of a push, or of the job that holds its key. */
const ACTIONS: Record<string, ConflictAction> = {
	kept: 'keep',
	replaced: 'replace',
	cancelled: 'cancel',
	queued: 'queue',
	debounced: 'debounce',
};

const STATES: HolderState[] = ['waiting', 'delayed', 'active', 'completed'];

/** The table of the page, cell by cell. */
function readTable(): [string, string[]][] {
	const page = readFileSync(new URL('../../docs/flow-control.md', import.meta.url), 'utf8');
	const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
	const head = rows.findIndex(([, first]) => first === '`onConflict`');
	const end = rows.findIndex((cells, index) => index > head && cells.length < 3);
	expect(rows[head]?.slice(2, -1).map((cell) => cell.split(' ')[1])).toEqual(STATES);
	return rows.slice(head + 2, end).map(([, name = '', ...cells]) => [name.replaceAll('`', ''), cells.slice(0, -1)]);
}

test('what becomes of a push whose key is held is the table of docs/flow-control.md', () => {
	const table = readTable();
	expect(table.map(([name]) => name).sort()).toEqual([...ON_CONFLICT].sort());
	for (const [name, cells] of table) {
		for (const [index, state] of STATES.entries()) {
			// The first word: what more there is to say comes after it.
			const [word = ''] = cells[index]?.split(/[ ,]/) ?? [];
			expect(ACTIONS[word], `${name} on ${state}: ${cells[index]}`).toBe(UNIQUE_MATRIX[name as OnConflict][state]);
		}
	}
});

test('a job that runs is never changed, and one that has completed is never touched', () => {
	for (const onConflict of ON_CONFLICT) {
		expect(['keep', 'cancel', 'queue']).toContain(UNIQUE_MATRIX[onConflict].active);
		expect(UNIQUE_MATRIX[onConflict].completed).toBe('keep');
	}
});
