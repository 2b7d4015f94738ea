#!lua flags=allow-oom
-- Purpose: cancels jobs of one topic that are in certain states. Whoever has an active one learns it from its next extend or settle, or from the channel.
-- Guarantees: repeated with the same call id it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, the states, finished jobs to keep, the transition, who cancels (JSON text, or empty), why
--   (JSON text, or empty), then ids
-- Returns: one status per id, of the first ids as far as there was time to search: `ok`, `missing`, or the state that does not allow it.

local known = recallAnswer()
if known then
	return known
end
local at = readNow(ARGV[1])
local starts = lib.readStates(ARGV[4])
defaultCounts = ARGV[5]
lib.readMoveConf()
local transition, statuses, running = lib.readTransition(ARGV[6]), {}, {}
local ids = { unpack(ARGV, 9) }
fetch(K.history, ids)

local function cancel(job)
	if job.state == 'waiting' then
		lib.withdraw(job)
	elseif job.state == 'active' then
		running[#running + 1] = job.id
	end
	lib.tell(job, 'cancelled', at, ARGV[7], ARGV[8])
	lib.apply(job, transition, at, 0)
end

for i, job in ipairs(lib.loadJobs(ids)) do
	if searched > SEARCH_ENOUGH then
		break
	end
	statuses[i] = job and job.state or 'missing'
	if starts[statuses[i]] then
		cancel(job)
		statuses[i] = 'ok'
	end
end
lib.writeAll(at)
if #running > 0 then
	publish('!' .. table.concat(running, ','))
end
return remember(statuses)
