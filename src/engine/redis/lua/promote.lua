#!lua flags=allow-oom
-- Purpose: moves jobs that are due from delayed to waiting, in the order (due time, id).
-- Guarantees: any number of servers may run it at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), most jobs, the transition
-- Returns: jobs moved, ms until the next one is due (0: at once) or -1 when none is delayed.
-- @use base record lanes move

local at = readNow(ARGV[1])
local ids = redis.call('ZRANGE', DELAYED, '-inf', int(at), 'BYSCORE', 'LIMIT', 0, ARGV[2])
local opts = readOptional(OPTS, ids)
local transition = readTransition(ARGV[3])
for i, id in ipairs(ids) do
	local lane, priority = readOpts(opts[i])
	join(lane, priority, id, transition.place)
end
readLanes()

if #ids > 0 then
	redis.call('ZREM', DELAYED, unpack(ids))
	writeLanes()
end
local nextDue = redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')[2]
return { #ids, nextDue and int(math.max(0, tonumber(nextDue) - at)) or '-1' }
