#!lua flags=no-writes
-- Purpose: what is known of one topic.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME)
-- Returns: nothing for an unknown topic; else paused (0 or 1), settings text, jobs in all, delayed, active, completed,
--   dead, and the age in ms of the oldest job at the head of a lane, or -1 when nothing waits.
-- @use base

if redis.call('EXISTS', SEQ, CONF) == 0 then
	return {}
end
local at = readNow(ARGV[1])
local conf = redis.call('HMGET', CONF, 'paused', 'settings')

-- The heads of more lanes than this are not looked at: with so many groups any of them tells about the age of the rest.
local LANES_LOOKED_AT = 1000
local oldest
for _, lane in ipairs(redis.call('ZRANGE', LANES, 0, LANES_LOOKED_AT - 1)) do
	local head = tonumber(redis.call('LINDEX', LANE .. lane, 0))
	if head and (not oldest or head < oldest) then
		oldest = head
	end
end
local age = -1
if oldest then
	local record = redis.call('HGET', JOBS, int(oldest))
	local ahead = record and tonumber(string.match(record, '^(%d*)\n')) or 0
	age = math.max(0, at - (oldest - ahead))
end
return {
	conf[1] == '1' and 1 or 0,
	conf[2] or '{}',
	redis.call('HLEN', JOBS),
	redis.call('ZCARD', DELAYED),
	redis.call('ZCARD', ACTIVE),
	redis.call('ZCARD', COMPLETED),
	redis.call('ZCARD', DEAD),
	int(age),
}
