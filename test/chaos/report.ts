import type { Verdict } from './checker.ts';

/** What a run came to, for a person. */
export function report(store: string, verdict: Verdict & { defects: string[] }): string {
	const { byFault, jobs, pushes, redeliveries, ...counts } = verdict;
	const bad = Object.entries(counts).map(([what, list]) => `${what} ${list.length}`);
	const faults = Object.entries(byFault).toSorted(([a], [b]) => a.localeCompare(b));
	const times = faults.reduce((sum, [, { times }]) => sum + times, 0);
	const lines = faults.map(([name, { times, redeliveries, recoveryMs }]) => {
		return `  ${name}: ${times}×, ${redeliveries} redeliveries, first completion after ${spread(recoveryMs)}`;
	});
	return [
		`${store}: ${jobs} jobs in ${pushes} pushes, ${times} faults of ${faults.length} kinds: ${bad.join(', ')}; ${redeliveries} redeliveries`,
		...lines,
	].join('\n');
}

function spread(ms: number[]): string {
	if (ms.length === 0) return 'no completion';
	const sorted = ms.toSorted((a, b) => a - b);
	const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
	return `${at(0.5)} ms (p99 ${at(0.99)}, longest ${sorted.at(-1)})`;
}
