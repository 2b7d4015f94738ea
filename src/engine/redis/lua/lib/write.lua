-- All that was decided is written here, by every script that moves jobs.

local function readMoveConf()
	readConf('completedCount', 'deadCount', 'cancelledCount', 'limit', 'groupLimit', 'parkedUntil', 'countedFrom', 'waitingUsed', 'finishedUsed')
	checked[K.conf] = true
end

-- A topic at its limit gave no jobs to those who asked; now it does.
local function wakeBelowLimit()
	local limit, found = tonumber(conf.limit or ''), changes[K.active]
	if not limit or not found then
		return
	end
	local active, freed = redis.call('ZCARD', K.active), 0
	for _, id in ipairs(found.members) do
		freed = freed + (found.values[id] and 0 or 1)
	end
	wakes = wakes or (active >= limit and active - freed < limit and redis.call('EXISTS', K.prios) == 1)
end

local function writeAll(at)
	wakeBelowLimit()
	writeFinished()
	writeLanes()
	writeRings()
	writeUsage()
	writeChanges(at)
	jobs, groups, reopened, usage = {}, {}, {}, { waiting = 0, finished = 0 }
end
