#!lua
-- Purpose: lets delayed jobs of one topic wait before their time. One that waits for the holder of its key is refused.
-- Guarantees: repeated with the same call id it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, the transition, then ids
-- Returns: one status per id: `ok`, `missing`, or the state that does not allow it.

local known = recallAnswer()
if known then
	return known
end
local at = readNow(ARGV[1])
lib.readMoveConf()
local transition, statuses = lib.readTransition(ARGV[4]), {}
for i, job in ipairs(lib.loadJobs({ unpack(ARGV, 5) })) do
	statuses[i] = job and job.state or 'missing'
	if job and job.state == 'delayed' and lib.scoreOf(K.delayed, job.id) < FAR then
		lib.apply(job, transition, at, 0)
		statuses[i] = 'ok'
	end
end
lib.writeAll(at)
return remember(statuses)
