#!lua flags=no-writes
-- Purpose: a page of the ids in one of the scored sets.
-- KEYS: base key of the topic
-- ARGV: `delayed`, `active`, `completed`, `dead` or `cancelled`; `up` or `down`; most ids; score and id behind which to begin, or empty
-- Returns: ids and scores by turns.

local key = K[ARGV[1]]
local down = ARGV[2] == 'down'
local score, id = tonumber(ARGV[4]), ARGV[5]

local limit = tonumber(ARGV[3])
if not down then
	local start = score and lib.rankAbove(key, score, id, false) or 0
	return redis.call('ZRANGE', key, start, start + limit - 1, 'WITHSCORES')
end
local start = 0
if score then
	start = redis.call('ZCARD', key) - lib.rankAbove(key, score, id, true)
end
return redis.call('ZRANGE', key, start, start + limit - 1, 'REV', 'WITHSCORES')
