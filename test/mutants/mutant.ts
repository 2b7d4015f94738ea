/** One guard, broken on purpose: a test must fail for it. */
export interface Mutant {
	/** What the guard is, in a few words. */
	guard: string;
	/** Where it stands, from the root of the repository. */
	file: string;
	/** Its exact text, which must stand there once. */
	find: string;
	/** What stands there instead. */
	put: string;
	/** What that breaks, for the report. */
	broken: string;
	/** The test that must fail: its file, and a pattern for its whole name, as `vitest -t` takes it. */
	test: { file: string; name: string };
}

/** A file with the guard broken. @throws Error when the guard's text is not found exactly once */
export function broken(text: string, { guard, file, find, put }: Mutant): string {
	const count = text.split(find).length - 1;
	if (count === 1) return text.replace(find, () => put);
	throw new Error(
		`The text of the guard "${guard}" must stand once in ${file}, found ${count} times; bring test/mutants/guards up to date: ${find}`,
	);
}
