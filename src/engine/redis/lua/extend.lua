#!lua flags=allow-oom
-- Purpose: lets leases of one topic end some ms from now, but not after their jobs' time to run.
-- Guarantees: a lease whose token is not the live one, or whose time to run is over, is left as it is. Repeating it is harmless.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), lease in ms, then per lease: id, token, 1 if its worker starts on it now, progress (raw JSON, or empty)
-- Returns: per lease the new end of it, or `stale`, `cancelled` or `missing`.
-- @use base conf changes record history leases

local at = readNow(ARGV[1])
local ids = {}
for i = 3, #ARGV, 4 do
	ids[#ids + 1] = ARGV[i]
end
readConf('reclaimAt')
checked[K.conf] = true
local leases = redis.call('ZMSCORE', K.active, unpack(ids))
checked[K.active] = true
fetch(K.tries, ids)
fetch(K.runs, ids)
local answers, first = {}, math.huge

-- Returns the end of the lease, or nil when the time to run is over.
local function extend(id, starts, progress)
	local started, runUntil, worker = readRun(field(K.runs, id))
	if runUntil and runUntil <= at then
		return nil
	end
	local expiresAt = math.min(at + tonumber(ARGV[2]), runUntil or math.huge)
	add(K.active, int(expiresAt), id)
	first = math.min(first, expiresAt)
	if progress ~= '' then
		put(K.progress, id, progress)
	end
	if starts and not started then
		put(K.runs, id, '1 ' .. (runUntil and int(runUntil) or '-') .. ' ' .. worker)
	end
	return int(expiresAt)
end

for i, id in ipairs(ids) do
	local a = 4 * i - 1
	local _, lastToken = readTries(field(K.tries, id))
	if leases[i] and ARGV[a + 1] == int(lastToken + 1) then
		answers[i] = extend(id, ARGV[a + 2] == '1', ARGV[a + 3]) or 'stale'
	else
		answers[i] = refusal(id)
	end
end
if first < math.huge then
	announceLease(at, first)
end
writeChanges(at)
return answers
