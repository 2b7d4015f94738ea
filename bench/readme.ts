import { readFileSync, writeFileSync } from 'node:fs';
import { shown, values } from './report.ts';
import type { Report, Result } from './results.ts';
import { ratios, spread } from './statistics.ts';

const README = new URL('../README.md', import.meta.url);
const [BEGIN, END] = ['<!-- npm run bench -- --readme -->', '<!-- end -->'];

/** The scenarios of the README's table, in its order. */
const ROWS = [
	'push-100',
	'push-1000',
	'bulk',
	'work-100',
	'work-1000',
	'work-100-kept',
	'one-at-a-time',
	'latency-1000',
	'bytes-waiting',
];
const PEERS = ['bullmq', 'bee-queue'];

function cell(result: Result, name: string): string {
	const found = values(result, name);
	return found.length === 0 ? '–' : shown(spread(found).median, result.unit);
}

function row(result: Result): string {
	const ratio = ratios(values(result, 'millrace'), values(result, 'bullmq')).median;
	const figures = ['millrace', ...PEERS].map((name) => cell(result, name));
	const times = Number.isFinite(ratio) ? `${ratio.toFixed(ratio < 1 ? 2 : 1)}×` : '–';
	return `| ${[`${result.title}, ${result.unit}`, ...figures, times].join(' | ')} |`;
}

function table({ results, machine, versions, rounds, at }: Report): string {
	const known = ROWS.flatMap((name) => results.find((result) => result.name === name) ?? []);
	const peers = PEERS.map((name) => `${name} ${versions[name] ?? ''}`.trim());
	return [
		`| | millrace | ${peers.join(' | ')} | against ${PEERS[0]} |`,
		`|---|---:|${'---:|'.repeat(PEERS.length + 1)}`,
		...known.map(row),
		'',
		`Medians of ${rounds} rounds by turns on ${machine.cpu}, Node ${versions.node}, one Redis without AOF for all, ${at.slice(0, 10)}. Every delivery was checked.`,
	].join('\n');
}

/** Puts the table of this run into the README, between its marks. @throws when the marks are gone */
export function writeReadme(report: Report): void {
	const text = readFileSync(README, 'utf8');
	const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
	if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} … ${END} for the table`);
	writeFileSync(README, `${text.slice(0, from + BEGIN.length)}\n${table(report)}\n${text.slice(to)}`);
}
