import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseSeed } from '../support/seed.ts';
import { choose } from './choose.ts';
import { MUTANTS } from './guards/index.ts';
import { reportOf, summaryOf, type Verdict } from './report.ts';
import { ROOT, Tree } from './tree.ts';
import { caughtBy, type Ended, runTests } from './trial.ts';

const { MUTANTS_ONLY: only = '', MUTANTS_COUNT: count, MUTANTS_SEED } = process.env;
const seed = chooseSeed(MUTANTS_SEED);
const chosen = choose(MUTANTS, { only, count: count === undefined ? undefined : Number(count), seed });
/** Longest that all the tests may take together, in ms. */
const ALL_MS = 1_500_000;
const verdicts: Verdict[] = [];
let tree: Tree;

beforeAll(() => {
	if (count !== undefined) console.log(`Guards chosen by --seed ${seed}`);
	expect(chosen.length, `no guard is called ${only}`).toBeGreaterThan(0);
	tree = new Tree();
});

afterAll(() => {
	tree.remove();
	console.log(summaryOf(verdicts));
});

function writeReport(): void {
	const page = join(ROOT, 'docs/mutants.md');
	const before = existsSync(page) ? readFileSync(page, 'utf8') : '';
	writeFileSync(page, reportOf(MUTANTS, verdicts, before));
}

describe('broken, it is caught:', () => {
	for (const mutant of chosen) {
		test(mutant.guard, async () => {
			const { file, name } = mutant.test;
			const mend = tree.break(mutant);
			let ended: Ended[];
			try {
				ended = await runTests(tree.path, [file], name);
			} finally {
				mend();
			}
			const caught = caughtBy(ended);
			verdicts.push({ mutant, caughtBy: caught?.name ?? null });
			if (count === undefined) writeReport();
			expect(caught?.name, `${mutant.broken}, and no test failed:\n${shown(ended)}`).toBeDefined();
		});
	}
});

/** A test that fails anyway would catch everything. Comes last, and makes `dist` of what is mended. */
test('unbroken, every test that is named passes', async () => {
	tree.build();
	const files = [...new Set(chosen.map(({ test }) => test.file))];
	const names = chosen.map(({ test }) => `(?:${test.name})`);
	const ended = await runTests(tree.path, files, names.join('|'), ALL_MS);
	expect(ended.filter(({ status }) => status === 'failed').map(({ name, failure }) => `${name}: ${failure}`)).toEqual(
		[],
	);
	const passed = ended.filter(({ status }) => status === 'passed');
	const isMissing = (name: string) => !passed.some((one) => new RegExp(name).test(one.name));
	expect(chosen.map((mutant) => mutant.test.name).filter(isMissing), 'no test has these names').toEqual([]);
});

function shown(ended: Ended[]): string {
	return ended
		.filter(({ status }) => status !== 'skipped')
		.map(({ name, status, failure }) => `${status} ${name} ${failure.slice(0, 300)}`)
		.join('\n');
}
