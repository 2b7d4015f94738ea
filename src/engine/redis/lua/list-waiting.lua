#!lua flags=no-writes
-- Purpose: a page of the waiting ids, lane by lane in the order of the lanes.
-- KEYS: base key of the topic
-- ARGV: most ids; then where to begin, or nothing: score of the lane, lane, index of the last id seen there, that id
-- Returns: ids of the page; then where the next page begins (score, lane, index, id), or nothing after the last one.
-- @use base

local limit = tonumber(ARGV[1])
local ids = {}
local score, lane, index, last = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

-- How far from its last place an id is looked for.
local WINDOW = 1000

-- The index behind the id that was seen last. When it is gone it was taken, and with it all that stood before it, so the
-- lane begins anew at its head; when it moved further than the window, some ids are shown twice and none is missed.
local function resume()
	local from = math.max(0, index - WINDOW)
	local window = redis.call('LRANGE', LANE .. lane, from, index + WINDOW)
	for i = #window, 1, -1 do
		if window[i] == last then
			return from + i
		end
	end
	return 0
end

local function readLane(from)
	local found = redis.call('LRANGE', LANE .. lane, from, from + limit - #ids - 1)
	for i = 1, #found do
		ids[#ids + 1] = found[i]
	end
	if #found > 0 then
		index, last = from + #found - 1, found[#found]
	end
end

if score then
	readLane(resume())
end
while #ids < limit do
	local after = score and '(' .. score or '-inf'
	local found = redis.call('ZRANGE', LANES, after, '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
	if #found == 0 then
		return { ids, {} }
	end
	lane, score = found[1], found[2]
	readLane(0)
end
return { ids, { score, lane, int(index), last } }
