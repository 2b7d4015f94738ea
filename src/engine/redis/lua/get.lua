#!lua flags=no-writes
-- Purpose: all that is known of jobs of one topic.
-- KEYS: base key of the topic
-- ARGV: ids
-- Returns: JOBS texts, OPTS texts, TRIES texts, RESULTS texts, PROGRESS texts, then the scores in DELAYED, ACTIVE, COMPLETED and DEAD.
-- @use base

return {
	redis.call('HMGET', JOBS, unpack(ARGV)),
	readOptional(OPTS, ARGV),
	readOptional(TRIES, ARGV),
	readOptional(RESULTS, ARGV),
	readOptional(PROGRESS, ARGV),
	redis.call('ZMSCORE', DELAYED, unpack(ARGV)),
	redis.call('ZMSCORE', ACTIVE, unpack(ARGV)),
	redis.call('ZMSCORE', COMPLETED, unpack(ARGV)),
	redis.call('ZMSCORE', DEAD, unpack(ARGV)),
}
