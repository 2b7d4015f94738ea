#!lua
-- Purpose: gives dead jobs of one topic back to waiting.
-- KEYS: base key of the topic
-- ARGV: the transition, then ids
-- Returns: one status per id: `ok`, `missing`, or the state that does not allow it.
-- @use base record lanes move state

local transition = readTransition(ARGV[1])
local ids = {}
for i = 2, #ARGV do
	ids[#ids + 1] = ARGV[i]
end
local states = statesOf(ids)
local tries = redis.call('HMGET', TRIES, unpack(ids))
local opts = readOptional(OPTS, ids)
local statuses, leaving, newTries, seen = {}, {}, {}, {}
for i, id in ipairs(ids) do
	statuses[i] = states[i]
	if seen[id] then
		statuses[i] = 'waiting'
	elseif states[i] == 'dead' then
		seen[id] = true
		local used, token, _, err = readTries(tries[i])
		local lane, priority, max = readOpts(opts[i])
		local _, kept = move(transition, used, max)
		join(lane, priority, id, transition.place)
		leaving[#leaving + 1] = id
		newTries[#newTries + 1] = id
		newTries[#newTries + 1] = formatTries(kept, token, '-', err)
		statuses[i] = 'ok'
	end
end
readLanes()

if #leaving > 0 then
	redis.call('ZREM', DEAD, unpack(leaving))
	redis.call('HSET', TRIES, unpack(newTries))
	writeLanes()
end
return statuses
