import type { Extra, Report, Result } from './results.ts';
import { ratios, spread } from './statistics.ts';

/** The peer that the ratios are against, where it took part. */
const AGAINST = 'bullmq';

function shown(value: number, unit: string): string {
	if (!Number.isFinite(value)) return '–';
	if (unit === 'jobs/s' || unit === 'bytes' || unit === 'requests/s') return Math.round(value).toLocaleString('en');
	return value.toFixed(value < 10 ? 2 : 1);
}

function values(result: Result, contestant: string): number[] {
	return (result.samples[contestant] ?? []).map((figures) => figures[result.figure] ?? Number.NaN);
}

function section(result: Result): string {
	const rows = Object.keys(result.samples).map((name) => {
		const found = values(result, name);
		const { median, min, max } = spread(found);
		const peers = values(result, AGAINST);
		const against = peers.length > 0 && name !== AGAINST ? ratios(found, peers) : undefined;
		const times =
			against === undefined
				? ''
				: `${against.median.toFixed(2)}× (${against.min.toFixed(2)}–${against.max.toFixed(2)})`;
		const cells = [name, shown(median, result.unit), `${shown(min, result.unit)}–${shown(max, result.unit)}`, times];
		return `| ${cells.join(' | ')} |`;
	});
	const head = [
		`### ${result.title}`,
		'',
		`| | median, ${result.unit} | spread | against ${AGAINST} |`,
		'|---|---:|---:|---:|',
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
