#!lua
-- Purpose: stores batches of new jobs of one topic, each batch whole or, when its idempotency key is known, not at all.
-- Guarantees: repeated with the same call id it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, then what lib/push.lua reads. No job has a unique key.
-- Returns: now, then per batch: `created`, `duplicate` or `conflict`, each with `first+count` (its ids), or `full`.
-- @use base call conf changes scores record groups rings enter lanes jobs terms budget push

local known = recallAnswer()
if known then
	return known
end

local function pushJobs(a, count, at)
	local first = math.max(number + 1, at)
	for i = a, a + 2 * (count - 1), 2 do
		pushPlain(ARGV[i], ARGV[i + 1], at)
	end
	return int(first) .. '+' .. int(count)
end

local at = readNow(ARGV[1])
local answer = pushAll(at, pushJobs)
writeRemembered(at)
lib.writeLanes()
writeRings()
if conf.countedFrom then
	lib.writeUsage()
end
writeChanges(at)
return remember(answer)
