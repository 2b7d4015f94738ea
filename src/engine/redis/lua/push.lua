#!lua
-- Purpose: stores batches of new jobs of one topic, each batch whole or, when its idempotency key is known, not at all.
-- Guarantees: repeated with the same call id it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, then what lib/push.lua reads. No job has a unique key.
-- Returns: now, then per batch: `created`, `duplicate` or `conflict`, each with `first+count` (its ids), or `full`.

local known = recallAnswer()
if known then
	return known
end

local at = readNow(ARGV[1])
local answer = lib.pushAll(at, lib.pushPlainJobs)
lib.writeRemembered(at)
lib.writeStored(at)
return remember(answer)
