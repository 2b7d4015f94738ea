#!lua flags=allow-oom
-- Purpose: takes back jobs whose lease has ended, in the order (end, id): to waiting, or to dead when nothing is left to try.
-- Guarantees: any number of servers may run it at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), most jobs, finished jobs to keep, the transitions for a lease that ended, for one of a job that its worker
--   had not started, and for one that ended with the time to run
-- Returns: jobs moved, ms until the next lease ends (0: at once) or -1 when nothing is leased.

local at = readNow(ARGV[1])
defaultCounts = ARGV[3]
lib.readMoveConf()
local crashed, unstarted, timedOut = lib.readTransition(ARGV[4]), lib.readTransition(ARGV[5]), lib.readTransition(ARGV[6])
local ids = redis.call('ZRANGE', K.active, '-inf', int(at), 'BYSCORE', 'LIMIT', 0, ARGV[2])
checked[K.active] = true
fetchJobs(ids)
fetch(K.runs, ids)
fetch(K.history, ids)

local function reclaim(job)
	local started, runUntil, worker = lib.readRun(field(K.runs, job.id))
	local transition = started and crashed or unstarted
	if runUntil and runUntil <= at then
		transition = timedOut
	end
	if transition.tells ~= '-' then
		lib.tell(job, transition.tells, at, worker, '')
	end
	lib.apply(job, transition, at, 0)
end

for _, id in ipairs(ids) do
	reclaim(jobOf(id, 'active'))
end
lib.writeAll(at)
local nextEnd = redis.call('ZRANGE', K.active, 0, 0, 'WITHSCORES')[2]
if nextEnd then
	redis.call('HSET', K.conf, 'reclaimAt', int(tonumber(nextEnd)))
else
	redis.call('HDEL', K.conf, 'reclaimAt')
end
return { #ids, nextEnd and int(math.max(0, tonumber(nextEnd) - at)) or '-1' }
