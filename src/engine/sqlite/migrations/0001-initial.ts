/**
 * `state` is the place of the state in JOB_STATES. `at` is what the state counts from or to: the due time of a
 * delayed job, the end of an active job's lease, the time a finished job finished.
 *
 * Payloads have a table of their own because an UPDATE writes its whole row again: without it a 256 KB job would be
 * written three times on its way from push to completed.
 */
export const initial = `
CREATE TABLE topics (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	paused INTEGER NOT NULL,
	settings TEXT NOT NULL,
	last_number INTEGER NOT NULL,
	last_turn INTEGER NOT NULL,
	waiting INTEGER NOT NULL,
	delayed INTEGER NOT NULL,
	active INTEGER NOT NULL,
	completed INTEGER NOT NULL,
	dead INTEGER NOT NULL,
	-- No delayed job of the topic is due before next_promote, and so on: bounds, not always the exact time.
	next_promote INTEGER,
	next_reclaim INTEGER,
	next_prune INTEGER
) STRICT;
CREATE INDEX topics_promote ON topics (next_promote, name) WHERE next_promote IS NOT NULL;
CREATE INDEX topics_reclaim ON topics (next_reclaim, name) WHERE next_reclaim IS NOT NULL;
CREATE INDEX topics_prune ON topics (next_prune, name) WHERE next_prune IS NOT NULL;

-- Only lanes that hold jobs. rank is the priority negated, so that (rank, turn) ascends in the order of takes.
CREATE TABLE lanes (
	id INTEGER PRIMARY KEY,
	topic INTEGER NOT NULL,
	rank INTEGER NOT NULL,
	-- The group: empty for the common lane, otherwise its name behind a "=".
	name TEXT NOT NULL,
	turn INTEGER NOT NULL,
	-- Every position in the lane lies above low and below high.
	low INTEGER NOT NULL,
	high INTEGER NOT NULL,
	size INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX lanes_by_name ON lanes (topic, rank, name);
CREATE INDEX lanes_by_turn ON lanes (topic, rank, turn);

CREATE TABLE jobs (
	id INTEGER PRIMARY KEY,
	topic INTEGER NOT NULL,
	number INTEGER NOT NULL,
	state INTEGER NOT NULL,
	at INTEGER,
	lane INTEGER,
	pos INTEGER,
	token INTEGER NOT NULL DEFAULT 0,
	used INTEGER NOT NULL DEFAULT 0,
	max_attempts INTEGER NOT NULL,
	priority INTEGER NOT NULL,
	grp TEXT,
	created_at INTEGER NOT NULL,
	backoff TEXT,
	reason TEXT,
	result TEXT,
	error TEXT
) STRICT;
CREATE UNIQUE INDEX jobs_by_number ON jobs (topic, number);
CREATE INDEX jobs_waiting ON jobs (lane, pos) WHERE state = 0;
CREATE INDEX jobs_delayed ON jobs (topic, at, number) WHERE state = 1;
CREATE INDEX jobs_active ON jobs (topic, at, number) WHERE state = 2;
CREATE INDEX jobs_completed ON jobs (topic, at, number) WHERE state = 3;
CREATE INDEX jobs_dead ON jobs (topic, at, number) WHERE state = 4;

CREATE TABLE payloads (
	job INTEGER PRIMARY KEY,
	data TEXT NOT NULL
) STRICT;

-- What a push or a take was answered, for a caller that asks again.
CREATE TABLE memories (
	topic INTEGER NOT NULL,
	kind TEXT NOT NULL,
	key TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	answer TEXT NOT NULL,
	expires_at INTEGER NOT NULL,
	PRIMARY KEY (topic, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX memories_by_expiry ON memories (expires_at);
`;
