#!lua
-- Purpose: as push.lua, for batches in which jobs have unique keys.
-- Guarantees: those of push.lua. The jobs act one after the other, also where they have the same key.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, then what lib/push.lua reads, then finished jobs to keep, and the
--   transitions for a holder that is cancelled and for a delayed one that is due at once.
-- Returns: now, then per batch: `created ids answers`, where ids are joined by commas and each answer is `id state` or
--   `id state outcome holder holderState` and perhaps the former holder; `duplicate ids`; `conflict ids`; or `full`.
-- @use base call conf changes scores record groups members rings enter lanes search gaps slots jobs states terms history budget finish lines keys move write push unique

local known = recallAnswer()
if known then
	return known
end

local function pushJobs(a, count, at)
	local ids, answers = {}, {}
	for i = a, a + 2 * (count - 1), 2 do
		local new = readUnique(ARGV[i])
		if new then
			new.payload = ARGV[i + 1]
			answers[#answers + 1] = pushUnique(new, at)
		else
			answers[#answers + 1] = table.concat({ pushPlain(ARGV[i], ARGV[i + 1], at) }, ' ')
		end
		ids[#ids + 1] = string.match(answers[#answers], '^%d+')
	end
	return table.concat(ids, ','), answers
end

local at = readNow(ARGV[1])
defaultCounts = ARGV[#ARGV - 2]
cancelling, promoting, cancelledFormers = readTransition(ARGV[#ARGV - 1]), readTransition(ARGV[#ARGV]), {}
readMoveConf()
local answer = pushAll(at, pushJobs)
writeRemembered(at)
writeAll(at)
if #cancelledFormers > 0 then
	publish('!' .. table.concat(cancelledFormers, ','))
end
return remember(answer)
