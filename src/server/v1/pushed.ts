import Type from 'typebox';
import { MillraceError } from '../../core/errors.ts';
import type { JobOptions } from '../../core/job-options.ts';
import { items, type Member, members, type RawJson, rawOf } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { AskedDurability, JobOptionsSchema, Key } from '../../core/options.ts';
import { pathOf } from '../../core/refuse.ts';

/** What may stand beside the jobs of a push. */
export const asides = { idempotencyKey: Type.Optional(Key), durability: Type.Optional(AskedDurability) };

/** Beside the jobs and no part of what a repetition must equal: it may ask for more than the first push did. */
const NOT_COMPARED = ['idempotencyKey', 'topic', 'durability'];

/** At least one job: an empty push is a mistake of the caller's. */
export const JobList = Type.Array(JobOptionsSchema, { minItems: 1, maxItems: LIMITS.batch });

/** A job as the caller wrote it. */
export interface JobRead {
	options: JobOptions;
	data: RawJson;
	/** Its path in the body. */
	at: string;
}

/** A push as the caller wrote it. */
export interface PushRead {
	jobs: JobRead[];
	key: string | undefined;
	durability: 'replicated' | undefined;
	/** What a repetition must equal. */
	pushed: string;
}

/**
 * Checked jobs with their payloads as they were written.
 *
 * @param found the members of the object that holds `jobs`
 * @param at its path
 */
export function readJobs(jobs: JobOptions[], found: Member[], at = ''): JobRead[] {
	const list = pathOf(at, 'jobs');
	const texts = items(rawOf(found, 'jobs') ?? lost(list));
	return jobs.map((options, index) => {
		const place = pathOf(list, index);
		return { options, data: payloadOf(members(texts[index] ?? lost(place)), place), at: place };
	});
}

export function payloadOf(job: Member[], at: string): RawJson {
	return rawOf(job, 'data') ?? lost(pathOf(at, 'data'));
}

/** What a repetition under the same key must equal: all that was said about the jobs. */
export function pushedText(found: Member[]): string {
	const said = found.filter(({ key }) => !NOT_COMPARED.includes(key));
	return said.map(({ text }) => text).join(',');
}

/** Parsed and raw form are two views of one text: what the one has, the other has. */
export function lost(what: string): never {
	throw new MillraceError('INTERNAL', `A checked body has lost its ${what}`);
}
