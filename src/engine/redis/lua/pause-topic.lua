#!lua
-- Purpose: pauses or resumes a topic: a flag that takes read, not a move of jobs.
-- KEYS: base key of the topic
-- ARGV: 1 to pause, 0 to resume
-- Returns: 1
-- @use base

redis.call('ZCARD', LANES)
redis.call('HSET', CONF, 'paused', ARGV[1])
if ARGV[1] == '0' and redis.call('ZCARD', LANES) > 0 then
	hint(0)
end
return 1
