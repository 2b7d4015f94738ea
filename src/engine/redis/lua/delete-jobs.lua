#!lua flags=allow-oom
-- Purpose: forgets jobs of one topic that are in certain states; `active` is none of them.
-- Guarantees: repeated with the same call id it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, the states, then ids
-- Returns: one status per id, of the first ids as far as there was time to search: `ok`, `missing`, or the state that does not allow it.

local known = recallAnswer()
if known then
	return known
end
local at = readNow(ARGV[1])
lib.readMoveConf()
local starts, statuses = lib.readStates(ARGV[4]), {}

-- As when it had died: its slot and its key are free.
local function delete(job)
	local usesSlot = job.state == 'delayed' and job.group and lib.hasSlot(job)
	if job.state == 'waiting' then
		lib.withdraw(job)
	else
		setScore(K[job.state], job.id, false)
	end
	if conf.countedFrom then
		lib.count(job.id, (job.state == 'waiting' or job.state == 'delayed') and 'waiting' or 'finished', -1)
	end
	if lib.isUsed(K.startBy) then
		setScore(K.startBy, job.id, false)
	end
	job.state = 'missing'
	if usesSlot then
		lib.freeSlot(job)
	end
	lib.keyAfterEnd(job, 'dead', at)
	forgotten[#forgotten + 1] = job.id
end

for i, job in ipairs(lib.loadJobs({ unpack(ARGV, 5) })) do
	if searched > SEARCH_ENOUGH then
		break
	end
	statuses[i] = job and job.state or 'missing'
	if starts[statuses[i]] then
		delete(job)
		statuses[i] = 'ok'
	end
end
lib.writeAll(at)
return remember(statuses)
