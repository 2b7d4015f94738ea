#!lua flags=no-writes
-- Purpose: a page of the ids in one of the scored sets.
-- KEYS: base key of the topic
-- ARGV: `delayed`, `active`, `completed` or `dead`; `up` or `down`; most ids; score and id behind which to begin, or empty
-- Returns: ids and scores by turns.
-- @use base

local key = P .. ARGV[1]
local down = ARGV[2] == 'down'
local score, id = tonumber(ARGV[4]), ARGV[5]

local function at(rank)
	local found = redis.call('ZRANGE', key, rank, rank, 'WITHSCORES')
	return tonumber(found[2]), found[1]
end

-- The rank of the first member above (score, id), or above or equal to it. By halving, since the member itself may have
-- left the set, and thousands may share its score.
local function rankAbove(orEqual)
	local low, high = 0, redis.call('ZCARD', key)
	while low < high do
		local middle = math.floor((low + high) / 2)
		local s, member = at(middle)
		local above = s > score or (s == score and (member > id or (orEqual and member == id)))
		if above then
			high = middle
		else
			low = middle + 1
		end
	end
	return low
end

local limit = tonumber(ARGV[3])
if not down then
	local start = score and rankAbove(false) or 0
	return redis.call('ZRANGE', key, start, start + limit - 1, 'WITHSCORES')
end
local start = 0
if score then
	start = redis.call('ZCARD', key) - rankAbove(true)
end
return redis.call('ZRANGE', key, start, start + limit - 1, 'REV', 'WITHSCORES')
