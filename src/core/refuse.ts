import { describe, invalid, MillraceError } from './errors.ts';

/** A path is shown to people: past this length it says no more about where the fault is. */
const MAX_PATH = 200;

/** A path one step deeper: `jobs` + 0 → `jobs[0]`, `jobs[0]` + `data` → `jobs[0].data`. */
export function pathOf(at: string, step: string | number): string {
	if (at.length > MAX_PATH) return at.endsWith('…') ? at : `${at}…`;
	if (typeof step === 'number') return `${at}[${step}]`;
	if (!/^[\w$-]{1,80}$/.test(step)) return `${at}[${describe(step)}]`;
	return at === '' ? step : `${at}.${step}`;
}

/** INVALID for any value, also for one that no message could print. */
export function refuse(field: string, expected: string, value: unknown): MillraceError {
	return invalid(field, expected, printable(value));
}

/** The value, or words for one that a message can't show. */
export function printable(value: unknown): unknown {
	if (typeof value === 'number' && !Number.isFinite(value)) return 'a number beyond the range of numbers';
	if (typeof value !== 'object' || value === null) return value;
	try {
		JSON.stringify(value);
		return value;
	} catch {
		// A body of 256 KiB can nest deeper than JSON.stringify can recurse.
		return 'a value nested too deeply to show';
	}
}

/** INVALID for a field that nobody would read. */
export function unknownField(field: string, known: readonly string[], value: unknown): MillraceError {
	const shown = printable(value);
	const message = `${field} is not a known field; known: ${known.join(', ') || 'none'}; received ${describe(shown)}`;
	return new MillraceError('INVALID', message, { invalid: { field, value: shown } });
}
