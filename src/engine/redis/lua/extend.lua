#!lua flags=allow-oom
-- Purpose: lets leases of one topic end some ms from now, but not after their jobs' time to run.
-- Guarantees: a lease whose token is not the live one, or whose time to run is over, is left as it is. Repeating it is harmless.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), lease in ms, then per lease: id, token, 1 if its worker starts on it now, progress (raw JSON, or empty)
-- Returns: per lease the new end of it, or `stale`, `cancelled` or `missing`.

local at = readNow(ARGV[1])
local expiresAt = at + tonumber(ARGV[2])
local common = int(expiresAt)
local ids = {}
for i = 3, #ARGV, 4 do
	ids[#ids + 1] = ARGV[i]
end

local function texts(key)
	return has(key) and redis.call('HMGET', key, unpack(ids)) or {}
end

local leases = redis.call('ZMSCORE', K.active, unpack(ids))
local announced = tonumber(redis.call('HGET', K.conf, 'reclaimAt') or '')
local tries, runs = texts(K.tries), texts(K.runs)
local answers, entries, progress, started, first = {}, {}, {}, {}, math.huge

-- The end of a lease of which there is more to say, or nil when the time to run is over.
local function endOf(i, starts)
	local hasStarted, runUntil, worker = lib.readRun(runs[i])
	if runUntil and runUntil <= at then
		return nil
	end
	if starts and not hasStarted then
		started[#started + 1] = ids[i]
		started[#started + 1] = '1 ' .. (runUntil and int(runUntil) or '-') .. ' ' .. worker
	end
	return runUntil and runUntil < expiresAt and int(runUntil) or common
end

for i, id in ipairs(ids) do
	local a = 4 * i - 1
	local _, lastToken = readTries(tries[i])
	if not leases[i] or tonumber(ARGV[a + 1]) ~= lastToken + 1 then
		answers[i] = lib.refusal(id)
	else
		local newEnd = runs[i] and endOf(i, ARGV[a + 2] == '1')
		if not runs[i] then
			newEnd = common
		end
		answers[i] = newEnd or 'stale'
		if newEnd then
			first = math.min(first, newEnd == common and expiresAt or tonumber(newEnd))
			entries[#entries + 1] = newEnd
			entries[#entries + 1] = id
			if ARGV[a + 3] ~= '' then
				progress[#progress + 1] = id
				progress[#progress + 1] = ARGV[a + 3]
			end
		end
	end
end
if #progress > 0 then
	redis.call('HSET', K.progress, unpack(progress))
end
if #started > 0 then
	redis.call('HSET', K.runs, unpack(started))
end
if #entries > 0 then
	redis.call('ZADD', K.active, 'XX', unpack(entries))
end
if #entries > 0 and (not announced or announced > first) then
	redis.call('HSET', K.conf, 'reclaimAt', int(first))
	publish(int(math.max(1, first - at)))
end
return answers
