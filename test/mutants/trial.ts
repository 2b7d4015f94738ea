import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** How one test ended. */
export interface Ended {
	name: string;
	status: string;
	failure: string;
}

/** Longest that the tests for one guard may take, in ms: one that is broken may leave a test waiting. */
const LONGEST_MS = 240_000;
const TEST_MS = 30_000;

interface Report {
	testResults: {
		message: string;
		assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
	}[];
}

/** Runs tests of a tree, and tells how each of them ended. @throws Error when they did not even begin */
export async function runTests(tree: string, files: string[], name: string, longestMs = LONGEST_MS): Promise<Ended[]> {
	const report = join(tree, 'report.json');
	rmSync(report, { force: true });
	const reporting = ['--reporter=json', `--outputFile=${report}`, `--testTimeout=${TEST_MS}`];
	// Most of the modules are the same each time.
	const caching = ['--experimental.fsModuleCache', `--experimental.fsModuleCachePath=${join(tree, 'module-cache')}`];
	const args = ['node_modules/vitest/vitest.mjs', 'run', ...files, '-t', name, ...reporting, ...caching];
	// A group of its own, so that whatever the tests have started ends with it.
	const child = spawn('node', args, { cwd: tree, env: outside(), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
	let said = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
	const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), longestMs);
	await once(child, 'close');
	clearTimeout(timer);
	return endedIn(report, said);
}

function endedIn(report: string, said: string): Ended[] {
	let results: Report['testResults'];
	try {
		results = (JSON.parse(readFileSync(report, 'utf8')) as Report).testResults;
	} catch {
		throw new Error(`The tests gave no report: ${said.slice(-2_000)}`);
	}
	const broken = results.find(({ message, assertionResults }) => message !== '' && assertionResults.length === 0);
	if (broken !== undefined) throw new Error(`A test file could not be loaded: ${broken.message}`);
	return results
		.flatMap(({ assertionResults }) => assertionResults)
		.map(({ fullName, status, failureMessages }) => ({ name: fullName, status, failure: failureMessages.join('\n') }));
}

/** This process is itself run by vitest, whose variables would mislead the one inside. */
function outside(): NodeJS.ProcessEnv {
	return Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(VITEST|NODE_ENV$|MUTANTS_)/.test(key)));
}

/** What code says that cannot run: a guard must fall by what it lets through. */
const CANNOT_RUN =
	/SyntaxError|ReferenceError|Transform failed|Error compiling|attempt to (?:call|index|compare|perform)/;

/** The first test that failed by its own word; undefined when none did. */
export function caughtBy(ended: Ended[]): Ended | undefined {
	return ended.find(({ status, failure }) => status === 'failed' && !CANNOT_RUN.test(failure));
}
