import { formatId } from '../../../core/ids.ts';
import { CORE_COLUMNS, type CoreRow, QUEUED_AT, type StoredJob, toStoredJob } from '../jobs.ts';
import { laneName } from '../lanes.ts';
import { Moves } from '../moves.ts';
import { reopen } from '../openings.ts';
import { removeJobs } from '../retention.ts';
import { pageOf, type Walk, type Ward } from './findings.ts';
import { lookAtQueued } from './keys.ts';
import { countIn } from './lanes.ts';

interface Row extends CoreRow {
	at: number | null;
	pos: number | null;
	uses: number | null;
	lane_topic: number | null;
	rank: number | null;
	name: string | null;
	low: number | null;
	high: number | null;
	has_payload: number;
}

const PAGE = `SELECT ${CORE_COLUMNS}, at, pos, slot AS uses, lanes.topic AS lane_topic, rank, name, low, high,
	EXISTS (SELECT 1 FROM payloads WHERE job = jobs.id) AS has_payload
	FROM jobs LEFT JOIN lanes ON lanes.id = jobs.lane
	WHERE jobs.topic = ? AND number > ? ORDER BY number LIMIT ?`;

/** Each job of a topic: what its row says of it must be so elsewhere. */
export const walkJobs: Walk<Ward> = (ward, after, room) => {
	const { store, topic } = ward;
	const rows = store.sql.all<Row>(PAGE, [topic.id, after?.[0] ?? 0, room]);
	for (const row of rows) {
		const job = toStoredJob(topic, row);
		if (row.has_payload === 0) reportEmpty(ward, job);
		else lookAt(ward, job, row);
	}
	return pageOf(rows, room, ({ number }) => [number, '']);
};

function idOf({ topic, number }: StoredJob): string {
	return formatId(topic.name, number);
}

/** Nothing is lost with it: what it was to do is not there any more. */
function reportEmpty({ store, findings }: Ward, job: StoredJob): void {
	findings.report('no_record', idOf(job), 'the table of jobs', () => {
		const moves = new Moves(store, [job]);
		moves.remove(job);
		moves.write();
		removeJobs(store, [job]);
	});
}

function lookAt(ward: Ward, job: StoredJob, row: Row): void {
	if (job.state === 'waiting') lookAtPlace(ward, job, row);
	if (job.state === 'active' || job.state === 'delayed') lookAtTime(ward, job, row);
	lookAtSlot(ward, job, row);
}

function lookAtPlace(ward: Ward, job: StoredJob, { pos, lane_topic, rank, name, low, high }: Row): void {
	const { topic, priority, group } = job;
	const isOwn = lane_topic === topic.id && rank === 0 - priority && name === laneName(group);
	const isWithin = pos !== null && pos > (low ?? pos) && pos < (high ?? pos);
	if (isOwn && isWithin) return;
	const detail = isOwn ? 'its place lies outside of it' : '';
	ward.findings.report('no_lane', idOf(job), detail, () => putIntoLane(ward, job));
}

const PUT = 'UPDATE jobs SET lane = ?, pos = ? WHERE id = ?';

function putIntoLane({ store }: Ward, { id, topic, priority, group }: StoredJob): void {
	const lane = store.lanes.find(topic, priority, group);
	store.sql.run(PUT, [lane.id, store.lanes.tail(lane), id]);
	if (lane.size === 0) store.lanes.join(topic, lane);
	else store.lanes.resize(lane, countIn(store, lane));
}

const SET_TIME = 'UPDATE jobs SET at = ? WHERE id = ?';

function lookAtTime(ward: Ward, job: StoredJob, { at }: Row): void {
	const { store, topic, findings } = ward;
	if (at === QUEUED_AT && job.state === 'delayed') lookAtQueued(ward, job);
	if (at !== null) return;
	findings.report('never_due', idOf(job), 'it has no time', () => {
		store.sql.run(SET_TIME, [store.now, job.id]);
		store.topics.expect(topic, job.state === 'active' ? 'reclaim' : 'promote', store.now, store.now);
	});
}

const SET_SLOT = 'UPDATE jobs SET slot = ? WHERE id = ?';

/** A job that keeps its place while it is delayed has a slot too. */
function lookAtSlot({ store, topic, findings }: Ward, job: StoredJob, { uses }: Row): void {
	const { id, state, group } = job;
	if (state === 'active' && group !== null && uses !== 1) {
		findings.report('no_slot', idOf(job), '', () => void store.sql.run(SET_SLOT, [1, id]));
	}
	const mayUse = group !== null && (state === 'active' || state === 'delayed');
	if (uses !== 1 || mayUse) return;
	findings.report('slot_without_job', idOf(job), group === null ? 'has no group' : `is ${state}`, () => {
		store.sql.run(SET_SLOT, [null, id]);
		if (group !== null) reopen(store, topic, group);
	});
}
