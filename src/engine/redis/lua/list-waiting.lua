#!lua flags=no-writes
-- Purpose: a page of the waiting ids: by priority, there the lane without a group first, then the groups by name, each
--   lane from head to tail. Not by turns: on a busy topic they change faster than anybody pages.
-- KEYS: base key of the topic
-- ARGV: most ids; then where to begin, or nothing: priority, lane, index of the last id seen there, that id
-- Returns: ids of the page; then where the next page begins (priority, lane, index, id), or nothing after the last one.

local limit = tonumber(ARGV[1])
local ids = {}
local priority, lane, index, last = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), ARGV[5]

-- How far from its last place an id is looked for.
local WINDOW = 1000

-- The index behind the id that was seen last. When it is gone it was taken, and with it all that stood before it, so the
-- lane begins anew at its head; when it moved further than the window, some ids are shown twice and none is missed.
local function resume()
	local from = math.max(0, index - WINDOW)
	local window = redis.call('LRANGE', P .. 'w:' .. lane, from, index + WINDOW)
	for i = #window, 1, -1 do
		-- One that left the lane from the middle still stands there, negative.
		if window[i] == last or window[i] == '-' .. last then
			return from + i
		end
	end
	return 0
end

-- The jobs of the lane from an index on, but not the gaps between them.
local function readLane(from)
	while #ids < limit do
		local size = limit - #ids
		local found = redis.call('LRANGE', P .. 'w:' .. lane, from, from + size - 1)
		for i, id in ipairs(found) do
			if string.byte(id) ~= 45 then
				ids[#ids + 1] = id
				index, last = from + i - 1, id
			end
		end
		from = from + #found
		if #found < size then
			break
		end
	end
end

local function groupAfter(name)
	local rank = lib.rankAbove(K.grouped, -priority, name, false)
	local found = redis.call('ZRANGE', K.grouped, rank, rank, 'WITHSCORES')
	if found[1] and tonumber(found[2]) == -priority then
		return found[1]
	end
end

-- The next priority that has lanes, below the present one. Those of groups may all be held, and be in no ring.
local function nextPriority()
	local from = priority and '(' .. int(0 - priority) or '-inf'
	local nextOne
	for _, key in ipairs({ K.prios, K.grouped }) do
		local found = redis.call('ZRANGE', key, from, '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')[2]
		if found then
			nextOne = math.max(0 - tonumber(found), nextOne or -math.huge)
		end
	end
	return nextOne
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
	return redis.call('EXISTS', P .. 'w:' .. common) == 1 and common or groupAfter(common)
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
