#!lua
-- Purpose: gives jobs of one topic that are in certain states, dead and cancelled ones, back to waiting. Each takes its unique key again.
-- Guarantees: repeated with the same call id it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, the states, the transition, then ids
-- Returns: one status per id: `ok`, `missing`, `held id` when another job has the key, or the state that does not allow it.

local known = recallAnswer()
if known then
	return known
end
local at = readNow(ARGV[1])
lib.readMoveConf()
local starts, transition, statuses = lib.readStates(ARGV[4]), lib.readTransition(ARGV[5]), {}

local function retry(job)
	local unique = optionsOf(job).u
	local holder = unique and lib.holderOf(unique.k, at)
	if holder then
		return 'held ' .. holder
	end
	lib.apply(job, transition, at, 0)
	if unique then
		lib.holdKey(job.id, unique, at)
	end
	if lib.isTimed(job) then
		lib.setTerms(job, at)
	end
	return 'ok'
end

for i, job in ipairs(lib.loadJobs({ unpack(ARGV, 6) })) do
	statuses[i] = job and job.state or 'missing'
	if starts[statuses[i]] then
		statuses[i] = retry(job)
	end
end
lib.writeAll(at)
return remember(statuses)
