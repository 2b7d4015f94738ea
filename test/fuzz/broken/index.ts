import fc from 'fast-check';
import type { Request } from '../requests.ts';
import { AROUND } from './around.ts';
import type { Broken } from './breakage.ts';
import { TEXTS } from './texts.ts';
import { VALUES } from './values.ts';

export type { Broken } from './breakage.ts';

const BREAKAGES = [...VALUES, ...TEXTS, ...AROUND];

/** The request, broken in one place. */
export function broken(request: fc.Arbitrary<Request>): fc.Arbitrary<Broken | undefined> {
	return fc.tuple(request, fc.constantFrom(...BREAKAGES), fc.nat()).map(([one, breakage, luck]) => breakage(one, luck));
}
