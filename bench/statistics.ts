export interface Spread {
	median: number;
	min: number;
	max: number;
}

export function spread(values: number[]): Spread {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length / 2;
	const at = (index: number) => sorted[index] ?? Number.NaN;
	const median = sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
	return { median, min: at(0), max: at(sorted.length - 1) };
}

/** Sample by sample, so that a slow minute of the machine falls on both. */
export function ratios(ours: number[], theirs: number[]): Spread {
	return spread(ours.map((value, index) => value / (theirs[index] ?? Number.NaN)));
}
