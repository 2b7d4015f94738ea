import type { Extra, Report, Result } from './results.ts';
import { ratios, spread } from './statistics.ts';

/** The peer that the ratios are against, where it took part. */
const AGAINST = 'bullmq';

/** Whose commands alone, in batches and with nothing checked, are the most that a contestant could reach on its store. */
const CEILINGS: Record<string, string> = { millrace: 'bare-redis', 'millrace-sqlite': 'bare-sqlite' };

export function shown(value: number, unit: string): string {
	if (!Number.isFinite(value)) return '–';
	if (unit === 'jobs/s' || unit === 'bytes' || unit === 'requests/s') return Math.round(value).toLocaleString('en');
	return value.toFixed(value < 10 ? 2 : 1);
}

export function values(result: Result, contestant: string): number[] {
	return (result.samples[contestant] ?? []).map((figures) => figures[result.figure] ?? Number.NaN);
}

/** `2.50× (2.41–2.62)`: sample by sample; empty where there is nothing to compare with. */
function times(found: number[], others: number[]): string {
	if (others.length === 0) return '';
	const { median, min, max } = ratios(found, others);
	return `${median.toFixed(2)}× (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function section(result: Result): string {
	const rows = Object.keys(result.samples).map((name) => {
		const found = values(result, name);
		const { median, min, max } = spread(found);
		const against = name === AGAINST ? '' : times(found, values(result, AGAINST));
		const ceiling = times(found, values(result, CEILINGS[name] ?? ''));
		const range = `${shown(min, result.unit)}–${shown(max, result.unit)}`;
		return `| ${[name, shown(median, result.unit), range, against, ceiling].join(' | ')} |`;
	});
	const head = [
		`### ${result.title}`,
		'',
		`| | median, ${result.unit} | spread | against ${AGAINST} | of the bare store |`,
		'|---|---:|---:|---:|---:|',
	];
	return [...head, ...rows, ''].join('\n');
}

function extra({ title, rows, note }: Extra): string {
	const lines = rows.map(({ what, figures, unit }) => {
		const { median, min, max } = spread(figures);
		return `| ${what} | ${shown(median, unit)} ${unit} | ${shown(min, unit)}–${shown(max, unit)} |`;
	});
	return [`### ${title}`, '', '| | median | spread |', '|---|---:|---:|', ...lines, '', note ?? '', ''].join('\n');
}

export function markdown(report: Report): string {
	const facts = { ...report.machine, ...report.versions, rounds: String(report.rounds), at: report.at };
	const head = Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`);
	const skipped = report.skipped.map(({ contestant, why }) => `- not run: ${contestant}: ${why}`);
	return ['# Benchmark', '', ...head, ...skipped, '', ...report.results.map(section), ...report.extras.map(extra)].join(
		'\n',
	);
}
