#!lua flags=no-writes
-- Purpose: what is known of groups of one topic.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), groups
-- Returns: per group: its text of GROUP_CONF or false, 1 if it is paused, the end of the pause (or empty), until when it is parked (or empty), how many
--   jobs wait in it, how many slots it uses.

local at, found, priorities = readNow(ARGV[1]), {}, {}
for priority in lib.eachGroupedPriority() do
	priorities[#priorities + 1] = int(priority)
end

local function countWaiting(group)
	local waiting = 0
	for _, priority in ipairs(priorities) do
		local lane = priority .. ':' .. group
		local gaps = has(K.gaps) and redis.call('HGET', K.gaps, lane) or 0
		waiting = waiting + redis.call('LLEN', P .. 'w:' .. lane) - gaps
	end
	return waiting
end

-- A time that is still ahead.
local function ahead(key, group)
	local time = tonumber(redis.call('ZSCORE', key, group) or '')
	return time and time > at and time or nil
end

for i = 2, #ARGV do
	local group = ARGV[i]
	local pause, park = ahead(K.pauses, group), ahead(K.parks, group)
	found[i - 1] = {
		redis.call('HGET', K.groupConf, group),
		pause and 1 or 0,
		pause and pause < math.huge and int(pause) or '',
		park and int(park) or '',
		countWaiting(group),
		redis.call('ZLEXCOUNT', K.slots, lib.membersOf(group)),
	}
end
return found
