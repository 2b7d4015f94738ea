#!lua
-- Purpose: as push.lua, for batches in which jobs have unique keys.
-- Guarantees: those of push.lua. The jobs act one after the other, also where they have the same key.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, then what lib/push.lua reads, then finished jobs to keep, and the
--   transitions for a holder that is cancelled and for a delayed one that is due at once.
-- Returns: now, then per batch: `created ids answers`, where ids are joined by commas and each answer is `id state` or
--   `id state outcome holder holderState` and perhaps the former holder; `duplicate ids`; `conflict ids`; or `full`.

local known = recallAnswer()
if known then
	return known
end

local at = readNow(ARGV[1])
defaultCounts = ARGV[#ARGV - 2]
lib.readMoveConf()
local answer = lib.pushAll(at, lib.pushUniqueJobs)
lib.writeRemembered(at)
lib.writeAll(at)
lib.publishFormers()
return remember(answer)
