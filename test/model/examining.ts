import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { examineAll } from '../conformance/kit.ts';
import { TOPICS, type World } from './world.ts';

/** Small, so that an examination takes several steps; odd, so that they end anywhere. */
const LIMIT = 7;

/** Whatever engines have been through, their records and indexes agree. */
export async function expectSound({ reference }: World, engines: Engine[]): Promise<void> {
	for (const engine of [reference, ...engines]) {
		for (const topic of [null, ...TOPICS]) {
			const { defects } = await examineAll(engine, topic, { limit: LIMIT });
			expect(defects, `what is wrong in ${topic ?? 'no topic'}`).toEqual([]);
		}
	}
}
