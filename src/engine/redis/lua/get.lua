#!lua flags=no-writes
-- Purpose: all that is known of jobs of one topic.
-- KEYS: base key of the topic
-- ARGV: ids
-- Returns: texts of JOBS, OPTS, TRIES, RESULTS, PROGRESS, HISTORY and RUNS, then the scores in DELAYED, ACTIVE, COMPLETED, DEAD and CANCELLED.

local function texts(key)
	return has(key) and redis.call('HMGET', key, unpack(ARGV)) or {}
end

local function scores(key)
	return has(key) and redis.call('ZMSCORE', key, unpack(ARGV)) or {}
end

return {
	texts(K.jobs),
	texts(K.opts),
	texts(K.tries),
	texts(K.results),
	texts(K.progress),
	texts(K.history),
	texts(K.runs),
	scores(K.delayed),
	scores(K.active),
	scores(K.completed),
	scores(K.dead),
	scores(K.cancelled),
}
