import { isMillraceError, MillraceError } from '../../core/errors.ts';

/** Primary result codes of SQLite. */
export const SQLITE = { error: 1, busy: 5, readonly: 8, full: 13, constraint: 19, mismatch: 20, misuse: 21, range: 25 };

const BUGS: number[] = [SQLITE.error, SQLITE.constraint, SQLITE.mismatch, SQLITE.misuse, SQLITE.range];

/** SQLite's primary result code: libsql has it in `rawCode`, node:sqlite in `errcode`. */
export function resultCode(error: unknown): number | undefined {
	const { rawCode, errcode } = error as { rawCode?: unknown; errcode?: unknown };
	const code = rawCode ?? errcode;
	return typeof code === 'number' ? code & 0xff : undefined;
}

function reason(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** What a caller is told when its call failed and was rolled back. */
export function undone(error: unknown): MillraceError {
	if (isMillraceError(error)) return error;
	const code = resultCode(error);
	if (code === SQLITE.full) {
		const message = 'The disk of the SQLite file is full; nothing was done. Free some space, then try again';
		return new MillraceError('STORE_FULL', message, { cause: error });
	}
	if (code === undefined || BUGS.includes(code)) {
		return new MillraceError('INTERNAL', `The SQLite engine failed: ${reason(error)}`, { cause: error });
	}
	const message = `The SQLite file could not be read or written (${reason(error)}); nothing was done`;
	return new MillraceError('UNAVAILABLE', message, { cause: error });
}

/** What a caller is told when it is unknown whether its change will be there after a crash. */
export function unknown(error: unknown): MillraceError {
	const message = `The SQLite file could not be written to disk (${reason(error)}); the change may have been made`;
	return new MillraceError('AMBIGUOUS', message, { cause: error });
}

/** What callers are told while the store cannot be opened anew after a sync that failed. */
export function notReopened(error: unknown): MillraceError {
	const message = `The disk of the SQLite file failed, and the file cannot be opened anew yet (${reason(error)}); nothing was done`;
	return new MillraceError('UNAVAILABLE', message, { cause: error });
}

/** Whether a COMMIT that failed with this has certainly left nothing behind: the disk was full before the last write. */
export function isRolledBack(error: unknown): boolean {
	const code = resultCode(error);
	return code === SQLITE.full || code === SQLITE.busy || (code !== undefined && BUGS.includes(code));
}

export function refused(what: string, error?: unknown): MillraceError {
	const detail = error === undefined ? '' : ` (${reason(error)})`;
	return new MillraceError('STORE_REFUSED', `${what}${detail}`, { cause: error });
}
