#!lua flags=allow-oom
-- Purpose: stores a document if the store has the version before it, and with it a line of the log.
-- Guarantees: repeated with the same call id it changes nothing and gives the same answer.
-- KEYS: base key of the documents
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, id, version, 1 if it is open or 0, text,
--   documents to keep that are not open, the line (empty for none), lines to keep
-- Returns: 1 when stored, 0 when the store has another version.

local known = recallAnswer()
if known then
	return known
end

local id, version, isOpen = ARGV[4], tonumber(ARGV[5]), ARGV[6] == '1'
local stored = redis.call('HGET', K.docs, id)
local current = stored and tonumber(string.match(stored, '^%d+')) or 0
local newest = redis.call('ZRANGE', K.ages, 0, 0, 'REV', 'WITHSCORES')
redis.call('ZCARD', K.open)
readLog()
if current ~= version - 1 then
	return remember(0)
end

-- Closed documents are looked for from the oldest on; only open ones, of which there are few, stand in the way.
local function letGo(count)
	local from = 0
	while count > 0 do
		local oldest = redis.call('ZRANGE', K.ages, from, from)[1]
		if not oldest then
			return
		end
		if redis.call('ZSCORE', K.open, oldest) then
			from = from + 1
		else
			redis.call('ZREM', K.ages, oldest)
			redis.call('HDEL', K.docs, oldest)
			count = count - 1
		end
	end
end

local age = redis.call('ZSCORE', K.ages, id) or int((tonumber(newest[2]) or 0) + 1)
redis.call('HSET', K.docs, id, ARGV[5] .. (isOpen and '+' or '-') .. ARGV[7])
redis.call('ZADD', K.ages, age, id)
if isOpen then
	redis.call('ZADD', K.open, age, id)
else
	redis.call('ZREM', K.open, id)
	letGo(redis.call('ZCARD', K.ages) - redis.call('ZCARD', K.open) - tonumber(ARGV[8]))
end
if ARGV[9] ~= '' then
	writeLog(readNow(ARGV[1]), ARGV[9], tonumber(ARGV[10]))
end
return remember(1)
