import { type RawJson, toRawJson } from '../core/json.ts';
import type { AuditEntry } from '../core/operation.ts';
import type { LogEntry } from '../engine/engine.ts';
import type { OperationRecord } from './record.ts';

/** An entry as it is kept; the store adds the time. */
export function lineOf(entry: Omit<AuditEntry, 'at'>): RawJson {
	return toRawJson(entry);
}

export function readLine({ at, text }: LogEntry): AuditEntry {
	return { at, ...JSON.parse(text) };
}

/** Tells of an operation's present state. */
export function entryOf(record: OperationRecord, actor: string | null = record.actor): RawJson {
	const { id, action, filter, to, perSecond, reason, key, said, state, error, progress } = record;
	if (state === 'running') {
		const asked = { action, filter: shortened(filter), to, perSecond, reason };
		return lineOf({ actor, key, said, action: 'operation.start', target: id, details: asked });
	}
	const word = error === null ? (state === 'completed' ? 'complete' : 'cancel') : 'fail';
	const details = { action, topic: filter.topic, progress, ...(error === null ? {} : { error }) };
	return lineOf({ actor, key, said, action: `operation.${word}`, target: id, details });
}

/** The ids stand with the operation; the log tells how many there are. */
function shortened({ ids, ...filter }: OperationRecord['filter']) {
	return ids === undefined ? filter : { ...filter, ids: ids.length };
}
