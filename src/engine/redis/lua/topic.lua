#!lua flags=no-writes
-- Purpose: what is known of one topic.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME)
-- Returns: nothing for an unknown topic; else paused (0 or 1), end of the pause (or empty), settings text, jobs in all, delayed, active, completed, dead,
--   cancelled, and the age in ms of the oldest job at the head of a lane, or -1 when nothing waits.

local at = readNow(ARGV[1])
local conf = redis.call('HMGET', K.conf, 'seq', 'paused', 'pausedUntil', 'settings')
if not conf[1] then
	return {}
end
local pausedUntil = tonumber(conf[3] or '')
local isPaused = conf[2] == '1' and (not pausedUntil or pausedUntil > at)

-- The heads of more lanes than this are not looked at: with so many groups any of them tells about the age of the rest.
local LANES_LOOKED_AT = 1000
local oldest

local function lookAt(lane)
	local head = tonumber(redis.call('LINDEX', P .. 'w:' .. lane, 0) or '')
	if head then
		oldest = math.min(math.abs(head), oldest or math.huge)
	end
end

for _, priority in ipairs(redis.call('ZRANGE', K.prios, 0, LANES_LOOKED_AT - 1)) do
	lookAt(priority)
end
for _, lane in ipairs(redis.call('ZRANGE', K.grouped, 0, LANES_LOOKED_AT - 1)) do
	lookAt(lane)
end

local function ageOf(number)
	local record = redis.call('HGET', K.jobs, int(number))
	local ahead = record and tonumber(string.match(record, '^(%d*)\n')) or 0
	return math.max(0, at - (number - ahead))
end

return {
	isPaused and 1 or 0,
	isPaused and conf[3] or '',
	conf[4] or '{}',
	redis.call('HLEN', K.jobs),
	redis.call('ZCARD', K.delayed),
	redis.call('ZCARD', K.active),
	redis.call('ZCARD', K.completed),
	redis.call('ZCARD', K.dead),
	redis.call('ZCARD', K.cancelled),
	oldest and int(ageOf(oldest)) or '-1',
}
