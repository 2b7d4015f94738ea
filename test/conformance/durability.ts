import { expect, test } from 'vitest';
import type { Engine, PushBatch, PushResult } from '../../src/engine/engine.ts';
import { batch } from '../support/jobs.ts';
import { type GetSubject, idsOf, idsOfPush, only, takeAll } from './kit.ts';

const asking = (topic: string, count = 1): PushBatch => ({ ...batch(topic, count), durability: 'replicated' });

/** What a result that was asked for it says, or leaves to the engine to say. */
function reached(engine: Engine, result: PushResult) {
	return ('durability' in result && result.durability) || engine.durability;
}

/** The stores of this suite are on one machine, so that none may say more than it says of every push. */
export function durabilityTests(subject: GetSubject): void {
	test('a push that asks to be on another machine is stored, and told what it reached instead', async () => {
		const { engine } = subject();
		const result = only(await engine.push([asking('emails', 3)]));
		expect(result.status).toBe('created');
		expect(reached(engine, result)).toBe(engine.durability);
		expect(idsOf(await takeAll(engine, 'emails'))).toEqual(idsOfPush(result));
	});

	test('batches of one call keep their order whether they ask or not, and only those that ask are told', async () => {
		const { engine } = subject();
		const results = await engine.push([batch('a', 1), asking('a'), asking('b'), batch('a', 1)]);
		expect(results.map((result) => reached(engine, result))).toEqual(Array(4).fill(engine.durability));
		expect(results[0]).not.toHaveProperty('durability');
		const [first = [], second = [], , third = []] = results.map(idsOfPush);
		expect(idsOf(await takeAll(engine, 'a'))).toEqual([...first, ...second, ...third]);
	});

	test('a push repeated under its key may ask for what the first one did not', async () => {
		const { engine } = subject();
		const idempotency = { key: 'k', fingerprint: 'f' };
		const first = only(await engine.push([{ ...batch('emails', 2), idempotency }]));
		const again = only(await engine.push([{ ...asking('emails', 2), idempotency }]));
		expect(again.status).toBe('duplicate');
		expect(idsOfPush(again)).toEqual(idsOfPush(first));
		expect(reached(engine, again)).toBe(engine.durability);
	});
}
