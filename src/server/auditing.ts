import { parseId } from '../core/ids.ts';
import type { AuditEntry } from '../core/operation.ts';
import type { ActionResult, Defect, Engine } from '../engine/engine.ts';
import { lineOf } from '../operations/audit.ts';
import { attributed } from './access/caller.ts';
import type { ServerLog } from './context.ts';

type Line = Omit<AuditEntry, 'at'>;

type Verb =
	| 'putTopic'
	| 'pauseTopic'
	| 'putGroup'
	| 'pauseGroup'
	| 'retryJobs'
	| 'promoteJobs'
	| 'cancelJobs'
	| 'deleteJobs'
	| 'examine';

/** What the log says of a call; null for one that changed nothing. */
type Tell<K extends Verb> = (args: Parameters<Engine[K]>, result: Awaited<ReturnType<Engine[K]>>) => Line | null;

/** The verbs of operators. What workers and producers do is no matter of this log. */
const LINES: { [K in Verb]: Tell<K> } = {
	putTopic: ([target, patch]) => ({ actor: null, action: 'topic.configure', target, details: { ...patch } }),
	pauseTopic: ([target, paused, until]) => ({
		actor: null,
		action: paused ? 'topic.pause' : 'topic.resume',
		target,
		details: untilOf(until),
	}),
	putGroup: ([target, group, patch]) => ({
		actor: null,
		action: 'group.configure',
		target,
		details: { group, ...patch },
	}),
	pauseGroup: ([target, group, paused, until]) => ({
		actor: null,
		action: paused ? 'group.pause' : 'group.resume',
		target,
		details: { group, ...untilOf(until) },
	}),
	retryJobs: ([ids], results) => jobsLine('job.retry', ids, results),
	promoteJobs: ([ids], results) => jobsLine('job.promote', ids, results),
	cancelJobs: ([ids, { actor, reason }], results) => jobsLine('job.cancel', ids, results, actor, { reason }),
	deleteJobs: ([ids], results) => jobsLine('job.delete', ids, results),
	examine: ([{ topic }], { defects }) => repairLine(topic, defects),
};

/** How many ids a line names. */
const NAMED = 10;

function untilOf(until: number | null | undefined): Record<string, unknown> {
	return until === undefined || until === null ? {} : { until };
}

function jobsLine(action: string, ids: string[], results: ActionResult[], actor: string | null = null, more = {}) {
	const done = ids.filter((_, index) => results[index]?.status === 'ok');
	const [first] = done;
	if (first === undefined) return null;
	const topics = new Set(done.map((id) => parseId(id)?.topic));
	const target = done.length === 1 ? first : [...topics].slice(0, NAMED).join(', ');
	return { actor, action, target, details: { jobs: done.length, ids: done.slice(0, NAMED), ...more } };
}

/** Only a repair changes anything. */
function repairLine(topic: string | null, defects: Defect[]): Line | null {
	const repaired = defects.filter((defect) => defect.repaired);
	if (repaired.length === 0) return null;
	const codes: Record<string, number> = {};
	for (const { code } of repaired) codes[code] = (codes[code] ?? 0) + 1;
	const targets = repaired.slice(0, NAMED).map(({ target }) => target);
	return { actor: null, action: 'doctor.repair', target: topic ?? 'store', details: { ...codes, targets } };
}

/** Writes a line of the audit log. Never throws. */
export type Audit = (line: Line) => Promise<void>;

/** An action that was done is never told as failed because its line could not be written: the server's own log says so then. */
export function auditOf({ documents }: Engine, log: ServerLog): Audit {
	return async (told) => {
		const line = attributed(told);
		await documents?.append(lineOf(line)).catch((error: unknown) => {
			log.warn({ err: error, ...line }, 'an action was done and could not be written to the audit log');
		});
	};
}

/** The engine as requests see it: what operators do through it stands in the audit log. */
export function audited(engine: Engine, audit: Audit): Engine {
	if (!engine.documents) return engine;
	// Methods are bound once: every request asks for some.
	const methods = new Map<string | symbol, unknown>();
	const get = (target: Engine, name: string | symbol) => {
		const known = methods.get(name);
		if (known !== undefined) return known;
		const found = part(target, name, audit);
		if (typeof found === 'function') methods.set(name, found);
		return found;
	};
	return new Proxy(engine, { get });
}

function part(engine: Engine, name: string | symbol, audit: Audit): unknown {
	const value: unknown = Reflect.get(engine, name, engine);
	if (typeof value !== 'function') return value;
	if (!Object.hasOwn(LINES, name)) return value.bind(engine);
	const tell = LINES[name as Verb] as (args: unknown[], result: unknown) => Line | null;
	return async (...args: unknown[]) => {
		const result: unknown = await value.apply(engine, args);
		const line = tell(args, result);
		if (line !== null) await audit(line);
		return result;
	};
}
