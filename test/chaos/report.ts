import type { Verdict } from './checker.ts';
import type { Part } from './history.ts';

export interface Run extends Verdict {
	defects: string[];
	/** How long faults were made, in s. */
	seconds: number;
}

/** What a run came to, for a person. */
export function report(store: string, run: Run): string {
	const { byFault, crashedMs, jobs, pushes, redeliveries, window, seconds, ...counts } = run;
	const bad = Object.entries(counts).map(([what, list]) => `${what} ${list.length}`);
	const faults = Object.entries(byFault).toSorted(([a], [b]) => a.localeCompare(b));
	const times = faults.reduce((sum, [, { times }]) => sum + times, 0);
	const rate = `${Math.round((60 * jobs) / seconds)} jobs a minute, a fault every ${(seconds / times).toFixed(1)} s`;
	const lines = faults.map(([name, { times, redeliveries, recoveryMs }]) => {
		return `  ${name}: ${times}×, ${redeliveries} redeliveries, first completion after ${spread(recoveryMs)}`;
	});
	const after = (part: Part) => faults.flatMap(([, fault]) => (fault.part === part ? fault.recoveryMs : []));
	return [
		`${store}: ${jobs} jobs in ${pushes} pushes, ${times} faults of ${faults.length} kinds: ${bad.join(', ')}; window ${window.length}, ${redeliveries} redeliveries; ${rate}`,
		...lines,
		`  recovery: a job of a worker that ended is delivered again after ${spread(crashedMs)}`,
		`  recovery: a job completes after the store is well again after ${spread(after('store'))}`,
		`  recovery: a job completes after the network is whole again after ${spread(after('network'))}`,
	].join('\n');
}

function spread(ms: number[]): string {
	if (ms.length === 0) return 'no completion';
	const sorted = ms.toSorted((a, b) => a - b);
	const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
	return `${at(0.5)} ms (p99 ${at(0.99)}, longest ${sorted.at(-1)}, of ${ms.length})`;
}
