#!lua flags=allow-oom
-- Purpose: takes back jobs whose lease has ended, in the order (end, id): to waiting, or to dead when no attempt is left.
-- Guarantees: any number of servers may run it at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), most jobs, the transition, completed jobs to keep, dead jobs to keep
-- Returns: jobs moved, ms until the next lease ends (0: at once) or -1 when nothing is leased.
-- @use base record lanes delay move finish ended

local at = readNow(ARGV[1])
local ids = redis.call('ZRANGE', ACTIVE, '-inf', int(at), 'BYSCORE', 'LIMIT', 0, ARGV[2])
local tries = readOptional(TRIES, ids)
local opts = readOptional(OPTS, ids)
local transition = readTransition(ARGV[3])
for i, id in ipairs(ids) do
	local used, lastToken, _, lastError = readTries(tries[i])
	local lane, priority, max = readOpts(opts[i])
	local job = { id = id, used = used, token = lastToken + 1, lastError = lastError, lane = lane, priority = priority, max = max }
	endDelivery(job, transition, at, 0, nil)
end
local keepCompleted = readKeep(ARGV[4], 'keepCompleted')
local keepDead = readKeep(ARGV[5], 'keepDead')
readEnded()
redis.call('GET', RECLAIM_AT)

writeEnded(at, keepCompleted, keepDead)
local nextEnd = redis.call('ZRANGE', ACTIVE, 0, 0, 'WITHSCORES')[2]
if nextEnd then
	redis.call('SET', RECLAIM_AT, int(tonumber(nextEnd)))
else
	redis.call('DEL', RECLAIM_AT)
end
return { #ids, nextEnd and int(math.max(0, tonumber(nextEnd) - at)) or '-1' }
