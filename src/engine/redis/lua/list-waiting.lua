#!lua flags=no-writes
-- Purpose: a page of the waiting ids: by priority, there the lane without a group first, then the groups by name, each
--   lane from head to tail. Not by turns: on a busy topic they change faster than anybody pages.
-- KEYS: base key of the topic
-- ARGV: most ids; then where to begin, or nothing: priority, lane, index of the last id seen there, that id
-- Returns: ids of the page; then where the next page begins (priority, lane, index, id), or nothing after the last one.
-- @use base lanes rank

local limit = tonumber(ARGV[1])
local ids = {}
local priority, lane, index, last = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), ARGV[5]

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

local function groupAfter(name)
	local rank = rankAbove(GROUPED, -priority, name, false)
	local found = redis.call('ZRANGE', GROUPED, rank, rank, 'WITHSCORES')
	if found[1] and tonumber(found[2]) == -priority then
		return found[1]
	end
end

-- The next priority that has lanes, below the present one.
local function nextPriority()
	local from = priority and ringStart(priority) + RING or '-inf'
	local found = redis.call('ZRANGE', LANES, from, '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
	return found[2] and priorityOf(tonumber(found[2]))
end

local function nextLane()
	local name = lane and groupAfter(lane)
	if name then
		return name
	end
	priority = nextPriority()
	if not priority then
		return nil
	end
	local common = int(priority)
	return redis.call('EXISTS', LANE .. common) == 1 and common or groupAfter(common)
end

if lane then
	readLane(resume())
end
while #ids < limit do
	lane = nextLane()
	if not lane then
		return { ids, {} }
	end
	readLane(0)
end
return { ids, { int(priority), lane, int(index), last } }
