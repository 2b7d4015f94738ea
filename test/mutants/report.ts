import type { Mutant } from './mutant.ts';

/** A guard, and the test that failed when it was broken; null when none did. */
export interface Verdict {
	mutant: Mutant;
	caughtBy: string | null;
}

const NONE = '**none**';

const HEAD = `# Guards and the tests that hold them

Written by \`npm run mutants\`, which breaks each of these guards in a copy of the source, one at a time, and runs the test named for it. A guard that can be broken with every test
green is a missing test. The list is in \`test/mutants/guards\`; \`npm run mutants -- --only token\` tries some of them and brings their rows up to date,
\`--count 3 --seed 7\` three that a seed chooses.

| guard | file | what was broken | which test failed |
|---|---|---|---|
`;

/**
 * The report on all guards, in their order.
 *
 * @param before the report as it stands: guards that were not tried this time keep their rows
 */
export function reportOf(mutants: readonly Mutant[], verdicts: Verdict[], before: string): string {
	const rows = new Map([...before.matchAll(/^\| (.+?) \| `.*$/gm)].map(([row, guard = '']) => [guard, `${row}\n`]));
	for (const verdict of verdicts) rows.set(cell(verdict.mutant.guard), rowOf(verdict));
	const known = mutants.flatMap(({ guard }) => rows.get(cell(guard)) ?? []);
	const caught = known.filter((row) => !row.includes(NONE)).length;
	const left = mutants.length - known.length;
	return `${HEAD}${known.join('')}\n${caught} of ${known.length} were caught${left === 0 ? '' : `; ${left} have not been tried`}.\n`;
}

function rowOf({ mutant: { guard, file, broken, test }, caughtBy }: Verdict): string {
	const caught = caughtBy === null ? NONE : `\`${test.file.replace('test/', '')}\`: ${cell(caughtBy)}`;
	return `| ${cell(guard)} | \`${file.replace('src/', '')}\` | ${cell(broken)} | ${caught} |\n`;
}

export function summaryOf(verdicts: Verdict[]): string {
	const survivors = verdicts.filter(({ caughtBy }) => caughtBy === null);
	const names = survivors.map(({ mutant }) => mutant.guard).join('; ');
	const caught = `${verdicts.length - survivors.length} of ${verdicts.length} were caught.`;
	return survivors.length === 0 ? caught : `${caught} Survived: ${names}.`;
}

function cell(text: string): string {
	return text.replaceAll('|', '\\|');
}
