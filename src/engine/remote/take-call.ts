import type { TakenJob } from '../../core/job.ts';
import type { SettleResult, TakeRequest } from '../engine.ts';
import { type Answer, cancelledIn, resultsIn, takenIn } from './answers.ts';
import type { Item } from './outcomes.ts';
import { listText } from './parts.ts';

/** A take that may be repeated. */
export interface KnownRequest extends TakeRequest {
	requestId: string;
	/** The id was made here; one of the caller's is the caller's to repeat. */
	ours: boolean;
	/** Nothing can have been taken under it so far: every request that carried it was answered with nothing. */
	isNew: boolean;
}

/** Tells a server that it need not look for what was taken under the id before. One that does not know it looks. */
const NEW_TAKE = { 'millrace-new-take': '1' };

export interface Taken {
	jobs: TakenJob[];
	settled: SettleResult[];
}

interface Told extends Taken {
	/** Jobs of the topics that were cancelled while the server waited; some may be this worker's. */
	cancelled: string[];
}

/** One request for jobs. @param settle the outcomes to settle first, if any */
export function takeCall(request: KnownRequest, waitMs: number, settle?: Item[]) {
	return {
		method: 'POST',
		path: '/v1/take',
		body: takeText(request, waitMs, settle),
		kind: 'repeatable',
		waitMs,
		headers: () => (request.isNew && waitMs > 0 ? NEW_TAKE : {}),
		onDoubt: () => {
			request.isNew = false;
		},
		read: (answer: Answer): Told => ({
			jobs: takenIn(answer),
			cancelled: cancelledIn(answer),
			settled: settle === undefined ? [] : resultsIn<SettleResult>(answer, 'settled', settle.length),
		}),
	} as const;
}

/** The body of a take. @param settle the outcomes to settle first, if any */
function takeText(request: TakeRequest, waitMs: number, settle?: Item[]): string {
	const { topics, max, leaseMs, requestId, worker, marks } = request;
	const said = JSON.stringify({ topics, max, leaseMs, requestId, worker, marks, waitMs });
	return settle === undefined ? said : `${said.slice(0, -1)},"settle":${listText(settle)}}`;
}
