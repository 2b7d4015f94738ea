import { toRawJson } from '../core/json.ts';
import type { Operation, OperationRequest } from '../core/operation.ts';
import type { Document } from '../engine/engine.ts';
import { BEGIN, type Place } from './scan.ts';

/** An operation as it is kept: with where it stands, and who works on it. */
export interface OperationRecord extends Operation {
	/** What is to be looked at next; null when everything has been. */
	place: Place | null;
	/** Jobs that fit and have still to be acted upon. */
	pending: string[];
	/**
	 * The one of them at which the last page ended. It stays until the next page has been read: a list whose place is a job goes on best
	 * while that job is there.
	 */
	anchor: string | null;
	/** No job is acted upon before this instant. */
	notBefore: number;
	/** The runner that is at work on it, and until when nobody else may be. null between two steps. */
	owner: string | null;
	ownerUntil: number;
}

export function newRecord(id: string, request: OperationRequest, now: number): OperationRecord {
	const { action, filter, to = null, perSecond = null, actor = null, reason = null, key, said } = request;
	return {
		id,
		action,
		filter,
		to,
		perSecond,
		actor,
		...(key === undefined ? {} : { key }),
		...(said === undefined ? {} : { said }),
		reason,
		state: 'running',
		complete: true,
		error: null,
		progress: { scanned: 0, matched: 0, done: 0, refused: 0 },
		createdAt: now,
		updatedAt: now,
		finishedAt: null,
		place: BEGIN,
		pending: [],
		anchor: null,
		notBefore: 0,
		owner: null,
		ownerUntil: 0,
	};
}

/** The operation without what is nobody's business. */
export function viewOf(record: OperationRecord): Operation {
	const { place: _p, pending: _n, anchor: _a, notBefore: _b, owner: _o, ownerUntil: _u, ...operation } = record;
	return { ...operation, complete: operation.state === 'completed' && operation.complete };
}

export function toDocument(record: OperationRecord, version: number): Document {
	return { id: record.id, version, open: record.state === 'running', text: toRawJson(record) };
}

export function readRecord({ text }: Document): OperationRecord {
	return JSON.parse(text);
}

/** The jobs that may be acted upon now. */
export function readyOf({ pending, anchor }: OperationRecord): string[] {
	return pending.filter((id) => id !== anchor);
}
