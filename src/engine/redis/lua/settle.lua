#!lua flags=allow-oom
-- Purpose: ends deliveries of one topic.
-- Guarantees: an outcome whose token is not that of the live lease changes nothing; repeated with the same call id
--   it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, completed jobs to keep, dead jobs to keep,
--   then the outcomes as lib/settle.lua reads them.
-- Returns: now, then one status per outcome: the new state, `stale` or `missing`.
-- @use base call record lanes delay move finish ended settle

local known = recallAnswer()
if known then
	return known
end

local at = readNow(ARGV[1])
local statuses = planSettle(at, 6)
local keepCompleted = readKeep(ARGV[4], 'keepCompleted')
local keepDead = readKeep(ARGV[5], 'keepDead')
readEnded()

writeEnded(at, keepCompleted, keepDead)
return remember({ int(at), statuses })
