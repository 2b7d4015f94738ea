-- All that was decided is written here, by every script that moves jobs.

function lib.readMoveConf()
	readConf('keep')
	checked[K.conf] = true
end

-- A topic at its limit gave no jobs to those who asked; now it does.
local function wakeBelowLimit()
	local limit, active = tonumber(conf.limit), redis.call('ZCARD', K.active)
	local freed = #batch('ZREM', K.active)
	wakes = wakes or (active >= limit and active - freed < limit and redis.call('EXISTS', K.prios) == 1)
end

-- Where nothing can have left `active` or have finished this is all.
function lib.writeStored(at)
	if #touchedLanes > 0 then
		lib.writeLanes()
	end
	lib.writeRings()
	if conf.countedFrom then
		lib.writeUsage()
	end
	writeChanges(at)
end

function lib.writeAll(at)
	if conf.limit then
		wakeBelowLimit()
	end
	lib.writeFinished(at)
	lib.writeStored(at)
	lib.writeForgotten()
end
