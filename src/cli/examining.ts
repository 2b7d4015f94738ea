import { existsSync } from 'node:fs';
import { type Defect, NOTHING_EXAMINED } from '../core/doctor.ts';
import { isMillraceError } from '../core/errors.ts';
import { checkTopic } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import type { Engine } from '../engine/engine.ts';
import { createEngine } from '../engine/open.ts';
import { audited, auditOf } from '../server/auditing.ts';
import { redact, withoutPassword } from '../server/store-url.ts';
import type { DoctorOptions } from './commands/doctor.ts';
import { AUTH_EXIT, Failure, UNREACHABLE_EXIT, USAGE_EXIT } from './failure.ts';
import { DEFAULT_STORE } from './serve-options.ts';

/** Exit code when something is left wrong. */
const WRONG_EXIT = 1;

/** What one repair brings to light, another may have to mend: a topic is gone through so many times at most. */
const MOST_ROUNDS = 4;

function complain(_details: object, message: string): void {
	process.stderr.write(`millrace: ${message}\n`);
}

const COMPLAINTS = { error: complain, warn: complain, info() {} };

interface Sums {
	topics: number;
	examined: number;
	defects: number;
	repaired: number;
}

/** @param isStoreAsked the store was named on the command line, and not only by the environment */
export async function examineStore(options: DoctorOptions, isStoreAsked: boolean): Promise<void> {
	if (options.url !== undefined && isStoreAsked) throw new Failure('--store and --url exclude each other', USAGE_EXIT);
	const target = options.url ?? (options.store || process.env.REDIS_URL || DEFAULT_STORE);
	check(target, options);
	const sums: Sums = { topics: 0, examined: 0, defects: 0, repaired: 0 };
	try {
		await withEngine(target, options.key, async (engine) => {
			for await (const topic of topicsOf(engine, options.topic)) {
				if (topic !== null) sums.topics++;
				await examineTopic(engine, topic, options, sums);
			}
		});
	} catch (error) {
		throw failureOf(error, target);
	}
	tellSums(sums, options);
	if (sums.defects > sums.repaired) process.exitCode = WRONG_EXIT;
}

/** What createEngine does not refuse, but an examination must: it looks at what there is, and makes nothing. */
function check(target: string, { url, topic }: DoctorOptions): void {
	const isServer = /^https?:\/\/./.test(target);
	if (url !== undefined && !isServer) throw new Failure('--url must be http(s)://HOST:PORT', USAGE_EXIT);
	if (url === undefined && isServer) throw new Failure('--store must not be a server; use --url', USAGE_EXIT);
	if (target === 'memory:') throw new Failure('memory: holds nothing that could be examined', USAGE_EXIT);
	if (topic !== undefined) refusal(() => checkTopic(topic, '--topic'));
	const file = /^sqlite:(.+)$/.exec(target)?.[1];
	if (file !== undefined && !existsSync(file)) throw new Failure(`there is no file ${file}`, UNREACHABLE_EXIT);
}

function refusal(work: () => unknown): void {
	try {
		work();
	} catch (error) {
		throw failureOf(error, '');
	}
}

async function withEngine(
	target: string,
	key: string | undefined,
	work: (engine: Engine) => Promise<void>,
): Promise<void> {
	const engine = await createEngine(target, { hints: false, key });
	try {
		await engine.open();
		// What is mended stands in the audit log, as it does when a server does it.
		await work(audited(engine, auditOf(engine, COMPLAINTS)));
	} finally {
		await engine.close();
	}
}

/** One topic, or null for what belongs to none and then all of them. */
async function* topicsOf(engine: Engine, only: string | undefined): AsyncGenerator<string | null> {
	if (only !== undefined) {
		const [found] = await engine.getTopics([only]);
		if (!found) throw new Failure(`there is no topic ${only}`, USAGE_EXIT);
		yield only;
		return;
	}
	yield null;
	let cursor: string | null = null;
	do {
		const page = await engine.listTopics({ cursor, limit: LIMITS.defaultPageSize });
		for (const { topic } of page.topics) yield topic;
		cursor = page.nextCursor;
	} while (cursor !== null);
}

/** After a repair once more, until nothing new is found. */
async function examineTopic(engine: Engine, topic: string | null, options: DoctorOptions, sums: Sums): Promise<void> {
	const repair = options.repair === true;
	const left = new Set<string>();
	let isNew = true;
	for (let round = 0; isNew && round < (repair ? MOST_ROUNDS : 1); round++) {
		isNew = false;
		let step = NOTHING_EXAMINED;
		do {
			const { nextCursor: cursor } = step;
			step = await engine.examine({ topic, cursor, limit: LIMITS.defaultExaminationStep, repair });
			if (round === 0) sums.examined += step.examined;
			for (const defect of step.defects) {
				isNew ||= defect.repaired;
				tellOnce(defect, topic, left, options, sums);
			}
		} while (step.nextCursor !== null);
	}
}

/** What is left as it is comes again in every round, and what is seen from two sides comes twice. */
function tellOnce(defect: Defect, topic: string | null, left: Set<string>, options: DoctorOptions, sums: Sums): void {
	const { code, target, message, repaired } = defect;
	const name = `${code} ${target}`;
	if (!repaired && left.has(name)) return;
	if (!repaired) left.add(name);
	sums.defects++;
	if (repaired) sums.repaired++;
	const line = options.json ? JSON.stringify({ topic, ...defect }) : `${topic ?? '-'}  ${code}  ${target}  ${message}`;
	process.stdout.write(`${line}\n`);
}

function tellSums(sums: Sums, { json }: DoctorOptions): void {
	const { topics, examined, defects, repaired } = sums;
	if (json) process.stdout.write(`${JSON.stringify(sums)}\n`);
	const looked = `examined ${examined} jobs and entries in ${topics} topics`;
	const found = defects === 0 ? 'nothing is wrong' : `${defects} defects, ${repaired} of them repaired`;
	process.stderr.write(`millrace: ${looked}: ${found}\n`);
}

function failureOf(error: unknown, target: string): unknown {
	if (!isMillraceError(error)) return error;
	const message = redact(error.message, target);
	if (error.code === 'INVALID') return new Failure(message, USAGE_EXIT);
	if (error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN') return new Failure(message, AUTH_EXIT);
	const advice = /is in use by another process/.test(message) ? '; for its server, use --url with its address' : '';
	return new Failure(`cannot examine ${withoutPassword(target)}: ${message}${advice}`, UNREACHABLE_EXIT);
}
