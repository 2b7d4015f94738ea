#!lua flags=allow-oom
-- Purpose: ends deliveries of one topic, then leases waiting jobs of it, in one round trip.
-- Guarantees: those of settle.lua and take.lua; a job that the settling frees may be taken at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, finished jobs to keep, request id of the take, ms to remember the
--   request, lease in ms, most jobs, worker (JSON text, or empty), 1 if the worker marks what it starts; then the outcomes.
-- Returns: now, one status per outcome (one for all, where they are the same), and what take.lua returns.

local at = readNow(ARGV[1])
local statuses = recallAnswer()
readConf('seq', 'reclaimAt', 'lastTakeAt', 'keep')
checked[K.conf] = true
if not statuses then
	defaultCounts = ARGV[4]
	statuses = lib.settleAll(at, 11)
	-- The take reads after the settling wrote, so the keys that it touches are checked here.
	redis.call('HLEN', K.jobs)
	redis.call('ZCARD', K.prios)
	lib.writeAll(at)
	startReading()
	remember(statuses)
end
local request = {
	memory = P .. 'take:' .. ARGV[5],
	memoryMs = tonumber(ARGV[6]),
	leaseMs = tonumber(ARGV[7]),
	max = tonumber(ARGV[8]),
	worker = ARGV[9],
	marks = ARGV[10] == '1',
}
return { int(at), statuses, lib.take(at, request) }
