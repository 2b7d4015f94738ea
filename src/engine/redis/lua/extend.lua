#!lua flags=allow-oom
-- Purpose: lets leases of one topic end some ms from now.
-- Guarantees: a lease whose token is not the live one is left as it is. Repeating it is harmless.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), lease in ms, then per lease: id, token, progress (raw JSON, or empty)
-- Returns: the new end of the leases, then one status per lease: `ok`, `stale` or `missing`.
-- @use base record leases

local at = readNow(ARGV[1])
local expiresAt = at + tonumber(ARGV[2])
local ids = {}
for i = 3, #ARGV, 3 do
	ids[#ids + 1] = ARGV[i]
end
local leases = redis.call('ZMSCORE', ACTIVE, unpack(ids))
local tries = readOptional(TRIES, ids)
redis.call('GET', RECLAIM_AT)
local statuses, entries, progress = {}, {}, {}
for i, id in ipairs(ids) do
	local _, lastToken = readTries(tries[i])
	if leases[i] and ARGV[1 + 3 * i] == int(lastToken + 1) then
		statuses[i] = 'ok'
		entries[#entries + 1] = int(expiresAt)
		entries[#entries + 1] = id
		if ARGV[2 + 3 * i] ~= '' then
			progress[#progress + 1] = id
			progress[#progress + 1] = ARGV[2 + 3 * i]
		end
	else
		statuses[i] = refusal(id)
	end
end
if #progress > 0 then
	redis.call('HSET', PROGRESS, unpack(progress))
end
if #entries > 0 then
	redis.call('ZADD', ACTIVE, 'XX', unpack(entries))
	announceLease(at, expiresAt)
end
return { int(expiresAt), statuses }
