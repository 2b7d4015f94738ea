import { isMillraceError } from '../../core/errors.ts';
import type { AuditEntry, DryRun, Operation, OperationRequest, Operations, PageQuery } from '../../core/operation.ts';
import { type Answer, cursorIn, isRecord, Misread, records } from './answers.ts';
import type { Calls } from './calls.ts';

const PATH = '/v1/operations';

/** The bulk operations of the server, which carries them out. */
export class RemoteOperations implements Operations {
	readonly #calls: Calls;

	constructor(calls: Calls) {
		this.#calls = calls;
	}

	dryRun(request: OperationRequest): Promise<DryRun> {
		const body = JSON.stringify({ ...request, dryRun: true });
		return this.#calls.run({ method: 'POST', path: PATH, body, kind: 'read', read: dryRunIn });
	}

	/** Each has a key, so that a lost answer may be asked for again. */
	start(request: OperationRequest, key: string = crypto.randomUUID()): Promise<Operation> {
		const body = JSON.stringify(request);
		const headers = () => ({ 'idempotency-key': key });
		return this.#calls.run({ method: 'POST', path: PATH, body, headers, kind: 'repeatable', read: operationIn });
	}

	get(id: string): Promise<Operation | null> {
		return nullIfUnknown(this.#calls.run({ method: 'GET', path: pathOf(id), kind: 'read', read: operationIn }));
	}

	list(query: PageQuery) {
		const read = (answer: Answer) => {
			return { operations: records(answer, 'operations') as unknown[] as Operation[], nextCursor: cursorIn(answer) };
		};
		return this.#calls.run({ method: 'GET', path: `${PATH}?${pageText(query)}`, kind: 'read', read });
	}

	cancel(id: string, { actor, reason }: { actor: string | null; reason: string | null }): Promise<Operation | null> {
		const body = JSON.stringify({ actor: actor ?? undefined, reason: reason ?? undefined });
		const path = `${pathOf(id)}/cancel`;
		return nullIfUnknown(this.#calls.run({ method: 'POST', path, body, kind: 'repeatable', read: operationIn }));
	}

	audit(query: PageQuery) {
		const read = (answer: Answer) => {
			return { entries: records(answer, 'entries') as unknown[] as AuditEntry[], nextCursor: cursorIn(answer) };
		};
		return this.#calls.run({ method: 'GET', path: `/v1/audit?${pageText(query)}`, kind: 'read', read });
	}
}

function pathOf(id: string): string {
	return `${PATH}/${encodeURIComponent(id)}`;
}

function pageText({ cursor, limit }: PageQuery): string {
	return new URLSearchParams({ limit: String(limit), ...(cursor === null ? {} : { cursor }) }).toString();
}

function operationIn({ value }: Answer): Operation {
	const { operation } = value;
	if (isRecord(operation) && typeof operation.id === 'string') return operation as unknown as Operation;
	throw new Misread();
}

function dryRunIn({ value }: Answer): DryRun {
	const { scanned, matched, complete } = value;
	if (typeof scanned !== 'number' || typeof matched !== 'number' || typeof complete !== 'boolean') throw new Misread();
	return { scanned, matched, complete };
}

async function nullIfUnknown<T>(call: Promise<T>): Promise<T | null> {
	try {
		return await call;
	} catch (error) {
		if (isMillraceError(error) && error.code === 'NOT_FOUND') return null;
		throw error;
	}
}
