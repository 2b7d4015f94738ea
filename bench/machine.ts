import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import type { Contestant } from './contract.ts';

function firstLine(program: string, args: string[]): string {
	const { stdout, status } = spawnSync(program, args, { encoding: 'utf8' });
	return status === 0 ? (stdout.split('\n')[0] ?? '').trim() : 'not installed';
}

export function machine(): Record<string, string> {
	const [cpu] = cpus();
	return {
		cpu: `${cpus().length} × ${cpu?.model.trim()}`,
		memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
		kernel: `Linux ${release()}`,
	};
}

export function versions(contestants: Contestant[]): Record<string, string> {
	const own = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
	const found: Record<string, string> = {
		millrace: own.version,
		node: process.version,
		redis: firstLine('redis-server', ['--version']),
	};
	for (const { package: name } of contestants) {
		if (name === null) continue;
		const text = readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8');
		found[name] = JSON.parse(text).version;
	}
	return found;
}
