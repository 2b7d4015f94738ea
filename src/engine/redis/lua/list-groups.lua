#!lua flags=no-writes
-- Purpose: a page of the groups that have settings or are paused, by name.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), most names, the name behind which to begin, or empty
-- Returns: names

local at, most = readNow(ARGV[1]), tonumber(ARGV[2])
local names, start = {}, ARGV[3] == '' and '-' or '(' .. ARGV[3]

-- A pause that is over may still be there.
local function isListed(name)
	if redis.call('HEXISTS', K.groupConf, name) == 1 then
		return true
	end
	local pause = tonumber(redis.call('ZSCORE', K.pauses, name) or '')
	return pause and pause > at
end

while #names < most do
	local page = redis.call('ZRANGE', K.groups, start, '+', 'BYLEX', 'LIMIT', 0, most)
	for _, name in ipairs(page) do
		if isListed(name) and #names < most then
			names[#names + 1] = name
		end
		start = '(' .. name
	end
	if #page < most then
		break
	end
end
return names
