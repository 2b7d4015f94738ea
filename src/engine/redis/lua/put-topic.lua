#!lua
-- Purpose: stores a topic's settings if they are still those that the caller read.
-- KEYS: base key of the topic
-- ARGV: settings text as read, the new one, then for completed and for dead jobs: how many to keep and for how many ms,
--   each empty for the default
-- Returns: 1 when stored, 0 when the settings have changed meanwhile.
-- @use base

local current = redis.call('HGET', CONF, 'settings') or '{}'
if current ~= ARGV[1] then
	return 0
end
redis.call('HSET', CONF, 'settings', ARGV[2])
for i, field in ipairs({ 'keepCompleted', 'keepCompletedMs', 'keepDead', 'keepDeadMs' }) do
	local value = ARGV[2 + i]
	if value == '' then
		redis.call('HDEL', CONF, field)
	else
		redis.call('HSET', CONF, field, value)
	end
end
return 1
