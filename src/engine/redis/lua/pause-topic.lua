#!lua
-- Purpose: pauses or resumes a topic: a flag that takes read, not a move of jobs. Resuming also ends a park.
-- KEYS: base key of the topic
-- ARGV: 1 to pause, 0 to resume; when the pause ends (ms), or empty
-- Returns: 1
-- @use base

redis.call('ZCARD', K.prios)
redis.call('HSETNX', K.conf, 'seq', '0')
if ARGV[1] == '1' then
	redis.call('HSET', K.conf, 'paused', '1')
	if ARGV[2] == '' then
		redis.call('HDEL', K.conf, 'pausedUntil')
	else
		redis.call('HSET', K.conf, 'pausedUntil', ARGV[2])
	end
	return 1
end
redis.call('HDEL', K.conf, 'paused', 'pausedUntil', 'parkedUntil')
if redis.call('ZCARD', K.prios) > 0 then
	publish('0')
end
return 1
