/**
 * Rings by virtual time, groups with rules, unique keys, time limits, cancelling, history and budgets of bytes. Whatever a plain job and a
 * topic without rules have no use for is null or 0, and stands in no index.
 */
export const flowControl = `
ALTER TABLE topics DROP COLUMN last_turn;
ALTER TABLE topics ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE topics ADD COLUMN paused_until INTEGER;
ALTER TABLE topics ADD COLUMN parked_until INTEGER;
-- JSON: the starts that a rate may count.
ALTER TABLE topics ADD COLUMN starts TEXT;
-- When those who wait for its jobs are to ask again.
ALTER TABLE topics ADD COLUMN opening INTEGER;
-- While all held lanes go back: the name behind which they are still to do so.
ALTER TABLE topics ADD COLUMN reopen_from TEXT;
ALTER TABLE topics ADD COLUMN last_take INTEGER;
ALTER TABLE topics ADD COLUMN next_open INTEGER;
ALTER TABLE topics ADD COLUMN next_expire INTEGER;
-- Jobs with a higher number count for the budgets of bytes; null while there is none.
ALTER TABLE topics ADD COLUMN counted_from INTEGER;
ALTER TABLE topics ADD COLUMN unfinished_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE topics ADD COLUMN finished_bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX topics_open ON topics (next_open, name) WHERE next_open IS NOT NULL;
CREATE INDEX topics_expire ON topics (next_expire, name) WHERE next_expire IS NOT NULL;

-- The turns handed out so far serve as virtual times: they have the same order.
DROP INDEX lanes_by_turn;
ALTER TABLE lanes RENAME COLUMN turn TO time;
-- 1 for a lane that is out of its ring, since its group was found blocked.
ALTER TABLE lanes ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX lanes_in_turn ON lanes (topic, rank, time, name) WHERE held = 0;
CREATE INDEX lanes_held ON lanes (topic, name, rank) WHERE held = 1;
CREATE INDEX lanes_by_group ON lanes (topic, name);

-- JSON of what the job asks for beyond the plain.
ALTER TABLE jobs ADD COLUMN terms TEXT;
-- 1 for a job that uses a slot of its group.
ALTER TABLE jobs ADD COLUMN slot INTEGER;
ALTER TABLE jobs ADD COLUMN start_by INTEGER;
ALTER TABLE jobs ADD COLUMN retry_until INTEGER;
ALTER TABLE jobs ADD COLUMN run_until INTEGER;
ALTER TABLE jobs ADD COLUMN worker TEXT;
-- 1 for a delivery that its worker has not said to have started.
ALTER TABLE jobs ADD COLUMN unstarted INTEGER;
-- Of the payload, where the topic has a budget.
ALTER TABLE jobs ADD COLUMN bytes INTEGER;
ALTER TABLE jobs ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN releases INTEGER NOT NULL DEFAULT 0;
-- How many entries its history has had.
ALTER TABLE jobs ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET slot = 1 WHERE state = 2 AND grp IS NOT NULL;
CREATE INDEX jobs_cancelled ON jobs (topic, at, number) WHERE state = 5;
CREATE INDEX jobs_slots ON jobs (topic, grp, number) WHERE slot = 1;
CREATE INDEX jobs_expiring ON jobs (topic, start_by, number) WHERE start_by IS NOT NULL AND state < 2;
CREATE INDEX jobs_counted ON jobs (topic, state, at, number) WHERE bytes IS NOT NULL AND state > 2;

-- Groups with settings of their own, or with anything else to keep.
CREATE TABLE groups (
	topic INTEGER NOT NULL,
	name TEXT NOT NULL,
	settings TEXT NOT NULL,
	paused INTEGER NOT NULL,
	paused_until INTEGER,
	parked_until INTEGER,
	starts TEXT,
	-- When its held lanes go back into their rings.
	opening INTEGER,
	-- When the row says nothing any more; null for never.
	stale_at INTEGER,
	PRIMARY KEY (topic, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_opening ON groups (topic, opening, name) WHERE opening IS NOT NULL;
CREATE INDEX groups_listed ON groups (topic, name) WHERE settings <> '{}' OR paused = 1;
CREATE INDEX groups_stale ON groups (stale_at) WHERE stale_at IS NOT NULL;

-- Who holds a unique key: the number of a job, and the end of its window (null for a scope without one).
CREATE TABLE unique_keys (
	topic INTEGER NOT NULL,
	key TEXT NOT NULL,
	holder INTEGER NOT NULL,
	until INTEGER,
	PRIMARY KEY (topic, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX unique_keys_by_end ON unique_keys (until) WHERE until IS NOT NULL;

-- Jobs that wait for the holder of their key, in the order of their ids.
CREATE TABLE followers (
	id INTEGER PRIMARY KEY,
	topic INTEGER NOT NULL,
	key TEXT NOT NULL,
	job INTEGER NOT NULL UNIQUE,
	due INTEGER NOT NULL
) STRICT;
CREATE INDEX followers_by_key ON followers (topic, key, id);

-- In the order of n, which counts up from 1 for each job.
CREATE TABLE history (
	job INTEGER NOT NULL,
	n INTEGER NOT NULL,
	kind TEXT NOT NULL,
	at INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	actor TEXT,
	error TEXT,
	PRIMARY KEY (job, n)
) STRICT, WITHOUT ROWID;
`;
