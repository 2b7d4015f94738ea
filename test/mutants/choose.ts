import { Random } from '../chaos/random.ts';
import type { Mutant } from './mutant.ts';

/** Which guards are tried. */
export interface Choice {
	/** Only guards whose name or file holds one of these texts, which commas part. */
	only: string;
	/** So many of them, chosen by the seed; all without it. */
	count: number | undefined;
	seed: number;
}

export function choose(mutants: readonly Mutant[], { only, count, seed }: Choice): Mutant[] {
	const texts = only.toLowerCase().split(',');
	const named = mutants.filter(({ guard, file }) => {
		return texts.some((text) => `${guard} ${file}`.toLowerCase().includes(text));
	});
	if (count === undefined) return named;
	const random = new Random(seed);
	const left = [...named];
	const chosen: Mutant[] = [];
	while (chosen.length < count && left.length > 0) chosen.push(...left.splice(random.integer(0, left.length), 1));
	return chosen;
}
