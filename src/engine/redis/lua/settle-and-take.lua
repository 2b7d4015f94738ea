#!lua flags=allow-oom
-- Purpose: ends deliveries of one topic, then leases waiting jobs of it, in one round trip.
-- Guarantees: those of settle.lua and take.lua; a job that the settling frees may be taken at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, completed jobs to keep, dead jobs to keep,
--   request id of the take, ms to remember the request, lease in ms, most jobs, then the outcomes.
-- Returns: now, one status per outcome, and what take.lua returns.
-- @use base call record lanes delay move finish ended settle leases take

local at = readNow(ARGV[1])
local statuses = recallAnswer()
if not statuses then
	statuses = planSettle(at, 10)
	local keepCompleted = readKeep(ARGV[4], 'keepCompleted')
	local keepDead = readKeep(ARGV[5], 'keepDead')
	readEnded()
	-- The take reads after the settling wrote, so the keys that it touches are checked here.
	redis.call('GET', RECLAIM_AT)
	redis.call('HLEN', JOBS)
	writeEnded(at, keepCompleted, keepDead)
	remember(statuses)
end
return { int(at), statuses, take(at, tonumber(ARGV[9]), tonumber(ARGV[8]), ARGV[6], ARGV[7]) }
