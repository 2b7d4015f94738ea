#!lua flags=allow-oom
-- Purpose: ends deliveries of one topic.
-- Guarantees: an outcome whose token is not that of the live lease changes nothing; repeated with the same call id
--   it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, finished jobs to keep, then the outcomes as lib/settle.lua reads them.
-- Returns: now, and a list of one status per outcome: the new state, `stale`, `cancelled` or `missing`; a single one where all are the same.

local known = recallAnswer()
if known then
	return known
end
local at = readNow(ARGV[1])
defaultCounts = ARGV[4]
lib.readMoveConf()
local statuses = lib.settleAll(at, 5)
lib.writeAll(at)
return remember({ int(at), statuses })
