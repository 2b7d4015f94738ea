import { expect, test } from 'vitest';
import { type Fill, Headroom } from '../../src/core/headroom.ts';
import { asRawJson } from '../../src/core/json.ts';
import { memoryFill } from '../../src/engine/redis/memory.ts';
import { spaceFill } from '../../src/engine/sqlite/space.ts';
import { gate } from '../support/gate.ts';
import { batch } from '../support/jobs.ts';

const MB = 1_048_576;
/** A push of so many bytes. */
const push = (bytes: number) => [batch('t', 1, { data: asRawJson('x'.repeat(bytes)) })];
const room: Fill = { room: 1_000, near: false, message: 'there is room' };
const full: Fill = { room: 0, near: true, message: 'it is full' };

const memory = (used: number, limit: number) =>
	memoryFill(
		new Map([
			['used_memory', String(used)],
			['maxmemory', String(limit)],
		]),
	);

test('pushes are refused with the reading when a store is full, and not before one is there', async () => {
	const headroom = new Headroom(async () => full);
	headroom.check(push(1));
	await headroom.refresh();
	expect(() => headroom.check(push(1))).toThrow('it is full');
});

test('a push does not wait for a reading, and many set off one', async () => {
	const answer = gate<Fill | null>();
	let reads = 0;
	const headroom = new Headroom(() => {
		reads++;
		return answer.opened;
	});
	for (let n = 0; n < 10; n++) headroom.check(push(1));
	expect(reads).toBe(1);
	answer.open(room);
	await answer.opened;
});

test('much that is pushed sets off a reading before its time', async () => {
	let reads = 0;
	const headroom = new Headroom(async () => {
		reads++;
		return room;
	});
	await headroom.refresh();
	headroom.check(push(150));
	expect(reads).toBe(1);
	headroom.check(push(100));
	expect(reads).toBe(2);
});

test('a store that does not say how full it is refuses nothing', async () => {
	const headroom = new Headroom(() => Promise.reject(new Error('no')));
	await headroom.refresh();
	headroom.check(push(1));
});

test('Redis is full at 85 % of its maxmemory; without one it never is', () => {
	expect(memory(84 * MB, 100 * MB)).toMatchObject({ room: MB, near: true });
	expect(memory(85 * MB, 100 * MB)).toMatchObject({
		room: 0,
		message: expect.stringContaining('85.0 MB of its maxmemory of 100.0 MB'),
	});
	expect(memory(50 * MB, 100 * MB)).toMatchObject({ room: 35 * MB, near: false });
	expect(memory(50 * MB, 0)).toBeNull();
});

test('a disk keeps 64 MB free for the work, a small one a tenth', () => {
	expect(spaceFill({ free: 63 * MB, size: 100_000 * MB })).toMatchObject({ room: -MB });
	expect(spaceFill({ free: 65 * MB, size: 100_000 * MB })).toMatchObject({ room: MB, near: true });
	expect(spaceFill({ free: 300 * MB, size: 100_000 * MB })).toMatchObject({ near: false });
	expect(spaceFill({ free: 3 * MB, size: 20 * MB })).toMatchObject({ room: MB });
	expect(spaceFill({ free: MB, size: 20 * MB })).toMatchObject({ room: -MB });
});
