import type { Mutant } from './mutant.ts';

/** A guard, and the test that failed when it was broken; null when none did. */
export interface Verdict {
	mutant: Mutant;
	caughtBy: string | null;
}

const HEAD = `# Guards and the tests that hold them

Written by \`npm run mutants\`, which breaks each of these guards in a copy of the source, one at a time, and runs the test named for it. A guard that can be broken with every test
green is a missing test. The list is in \`test/mutants/guards\`; \`npm run mutants -- --only token\` tries some of them, \`--count 3 --seed 7\` three that a seed chooses.

| guard | file | what was broken | which test failed |
|---|---|---|---|
`;

export function reportOf(verdicts: Verdict[]): string {
	const rows = verdicts.map(({ mutant: { guard, file, broken, test }, caughtBy }) => {
		const caught = caughtBy === null ? '**none**' : `\`${test.file.replace('test/', '')}\`: ${cell(caughtBy)}`;
		return `| ${cell(guard)} | \`${file.replace('src/', '')}\` | ${cell(broken)} | ${caught} |\n`;
	});
	return `${HEAD}${rows.join('')}\n${summaryOf(verdicts)}\n`;
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
