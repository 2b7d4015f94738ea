#!lua flags=allow-oom
-- Purpose: forgets jobs of one topic in any state but active.
-- KEYS: base key of the topic
-- ARGV: ids
-- Returns: one status per id: `ok`, `missing`, or `active`.
-- @use base record lanes state

local states = statesOf(ARGV)
local opts = readOptional(OPTS, ARGV)
redis.call('ZCARD', LANES)
redis.call('ZCARD', GROUPED)
for _, key in ipairs({ TRIES, RESULTS, PROGRESS }) do
	redis.call('HLEN', key)
end
local lanes = {}
for i = 1, #ARGV do
	lanes[i] = readOpts(opts[i])
	redis.call('LLEN', LANE .. lanes[i])
end

local statuses, leaving, seen = {}, {}, {}
for i, id in ipairs(ARGV) do
	statuses[i] = seen[id] and 'missing' or states[i]
	states[i] = statuses[i]
	if states[i] == 'waiting' then
		redis.call('LREM', LANE .. lanes[i], 1, id)
		if redis.call('EXISTS', LANE .. lanes[i]) == 0 then
			leaveRing({ lanes[i] })
		end
	elseif states[i] ~= 'active' and states[i] ~= 'missing' then
		redis.call('ZREM', P .. states[i], id)
	end
	if states[i] ~= 'active' and states[i] ~= 'missing' then
		leaving[#leaving + 1] = id
		seen[id] = true
		statuses[i] = 'ok'
	end
end
if #leaving > 0 then
	forget(leaving)
end
return statuses
