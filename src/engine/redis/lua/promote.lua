#!lua flags=allow-oom
-- Purpose: lets happen what is due: groups may give jobs again, jobs whose time to start is over are dead, delayed jobs wait; in this order, and each
--   in the order of time.
-- Guarantees: any number of servers may run it at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), most delayed jobs, finished jobs to keep, the transitions for a delayed job that is due and for one whose
--   time to start is over
-- Returns: jobs moved, ms until there is more to do (0: at once) or -1 when nothing is in sight, now.

local at = readNow(ARGV[1])
defaultCounts = ARGV[3]
lib.readMoveConf()
local promoting, expiring = lib.readTransition(ARGV[4]), lib.readTransition(ARGV[5])
local moved = 0

lib.openDue(at)

-- Stops when it has searched enough, and leaves the rest to the next call.
local function expireDue()
	local ids = lib.dueIn(K.startBy, at)
	fetchJobs(ids)
	local delays = #ids > 0 and redis.call('ZMSCORE', K.delayed, unpack(ids))
	for i, id in ipairs(ids) do
		local job = jobOf(id, delays[i] and 'delayed' or 'waiting')
		if searched > SEARCH_ENOUGH then
			break
		end
		if job.state == 'waiting' then
			lib.withdraw(job)
		end
		lib.apply(job, expiring, at, 0)
		moved = moved + 1
	end
end

local function promoteDue()
	local ids = redis.call('ZRANGE', K.delayed, '-inf', int(at), 'BYSCORE', 'LIMIT', 0, ARGV[2])
	checked[K.delayed] = true
	fetchJobs(ids)
	for _, id in ipairs(ids) do
		if lib.decided(K.delayed, id) == nil then
			lib.apply(jobOf(id, 'delayed'), promoting, at, 0)
			moved = moved + 1
		end
	end
end

expireDue()
if ARGV[2] ~= '0' then
	promoteDue()
end
lib.writeAll(at)

local nextAt = FAR
for _, key in ipairs({ K.delayed, K.startBy, K.opening }) do
	nextAt = math.min(nextAt, lib.earliest(key))
end
return { moved, nextAt < FAR and int(math.max(0, nextAt - at)) or '-1', int(at) }
