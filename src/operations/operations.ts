import { describe, MillraceError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type * as core from '../core/operation.ts';
import type { Documents, Engine } from '../engine/engine.ts';
import { entryOf, lineOf, readLine } from './audit.ts';
import { dryRun } from './dry-run.ts';
import { newRecord, type OperationRecord, readRecord, toDocument, viewOf } from './record.ts';

/** How often somebody else may come first before a cancellation is given up. */
const TRIES = 10;
/** Operations on one page at the most: each may name a thousand jobs. */
const LONGEST_PAGE = 100;

/** Bulk operations that are kept in the engine's store; an `OperationRunner` carries them out. */
export class StoredOperations implements core.Operations {
	readonly #engine: Engine;
	readonly #onStart: () => void | Promise<void>;

	/** @param onStart called once an operation has been stored */
	constructor(engine: Engine, onStart: () => void | Promise<void> = () => {}) {
		this.#engine = engine;
		this.#onStart = onStart;
	}

	async dryRun({ filter }: core.OperationRequest): Promise<core.DryRun> {
		const { now } = await this.#documents.open();
		return dryRun(this.#engine, filter, now);
	}

	async start(request: core.OperationRequest, key?: string): Promise<core.Operation> {
		const id = key === undefined ? `op-${crypto.randomUUID()}` : await idOf(key);
		const known = key === undefined ? null : await this.get(id);
		if (known !== null) return again(known, request, key);
		const { documents, now } = await this.#documents.open();
		if (documents.length >= LIMITS.openOperations) {
			const message = `${documents.length} operations are under way, which is the most; wait for one to end, or cancel one`;
			throw new MillraceError('STORE_FULL', message);
		}
		const record = newRecord(id, request, now);
		// Who comes second under a key, in the same moment, finds it known.
		if (!(await this.#documents.save(toDocument(record, 1), entryOf(record)))) return this.start(request, key);
		await this.#onStart();
		return viewOf(record);
	}

	async get(id: string): Promise<core.Operation | null> {
		const document = await this.#documents.get(id);
		return document === null ? null : viewOf(readRecord(document));
	}

	async list({ cursor, limit }: core.PageQuery) {
		const query = { cursor, limit: Math.min(limit, LONGEST_PAGE) };
		const { documents, nextCursor } = await this.#documents.list(query);
		return { operations: documents.map(readRecord).map(viewOf), nextCursor };
	}

	async cancel(id: string, by: { actor: string | null; reason: string | null } & core.ByKey) {
		const { reason, ...who } = by;
		for (let tries = 0; tries < TRIES; tries++) {
			const { documents, now } = await this.#documents.open();
			const document = documents.find((one) => one.id === id);
			if (document === undefined) return this.#ended(id);
			const record = cancelled(readRecord(document), now);
			const entry = lineOf({ ...who, action: 'operation.cancel', target: id, details: detailsOf(record, reason) });
			if (await this.#documents.save(toDocument(record, document.version + 1), entry)) return viewOf(record);
		}
		throw new MillraceError('UNAVAILABLE', `Operation ${id} keeps changing; nothing was done, try again`);
	}

	async audit(query: core.PageQuery) {
		const { entries, nextCursor } = await this.#documents.entries(query);
		return { entries: entries.map(readLine), nextCursor };
	}

	/** One that has been cancelled is what was asked for. */
	async #ended(id: string): Promise<core.Operation | null> {
		const operation = await this.get(id);
		if (operation?.state !== 'completed') return operation;
		throw new MillraceError('WRONG_STATE', `Operation ${id} has completed; only one that is running can be cancelled`);
	}

	get #documents(): Documents {
		const { documents } = this.#engine;
		if (!documents) throw new MillraceError('STORE_REFUSED', 'This store keeps no operations; ask its server');
		return documents;
	}
}

/** The operation of a key: its id is made of it, so that the store needs no other list. */
async function idOf(key: string): Promise<string> {
	const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)));
	const hex = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
	return `op-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

/** @throws IDEMPOTENCY_CONFLICT */
function again(known: core.Operation, request: core.OperationRequest, key?: string): core.Operation {
	if (askedIn(known) === askedIn(newRecord(known.id, request, 0))) return known;
	const message = `The key ${describe(key)} was used for another operation, ${known.id}; repeat that request unchanged, or take a new key`;
	throw new MillraceError('IDEMPOTENCY_CONFLICT', message, { invalid: { field: 'Idempotency-Key', value: key } });
}

function askedIn({ action, filter, to, perSecond, actor, reason }: core.Operation): string {
	return JSON.stringify([action, Object.entries(filter).sort(), to, perSecond, actor, reason]);
}

/** Whoever is at work on it adds what its step has done. */
function cancelled(record: OperationRecord, now: number): OperationRecord {
	return { ...record, state: 'cancelled', complete: false, updatedAt: now, finishedAt: now };
}

function detailsOf({ action, filter, progress }: OperationRecord, reason: string | null) {
	return { action, topic: filter.topic, progress, reason };
}
