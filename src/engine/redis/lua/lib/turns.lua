-- @lazy
-- The order in which the lanes of a topic are served, without changing anything: a lane that was served comes again at its later time.

-- Lanes that have come again stand in one queue for each step that was added to them: since lanes are served by their times, each of these queues
-- is in order by itself. size: lanes to read first. lengths: priority → lanes of its ring, where all of them were read.
function lib.newTurns(size)
	return { size = size, lengths = {}, priorities = {}, ring = 0, fresh = {}, nextFresh = 1, isComplete = true, queues = {}, queueOf = {} }
end

local function isBefore(a, b)
	return a.time < b.time or (a.time == b.time and lib.isBeforeByBytes(a.name, b.name))
end

local PRIORITIES = 8

local function nextRing(turns)
	turns.ring = turns.ring + 1
	if turns.ring > #turns.priorities and #turns.priorities % PRIORITIES == 0 then
		local from = #turns.priorities
		for _, priority in ipairs(redis.call('ZRANGE', K.prios, from, from + PRIORITIES - 1)) do
			turns.priorities[#turns.priorities + 1] = tonumber(priority)
		end
		checked[K.prios] = true
	end
	turns.priority = turns.priorities[turns.ring]
	turns.fresh, turns.nextFresh, turns.isComplete, turns.queues, turns.queueOf = {}, 1, false, {}, {}
	return turns.priority ~= nil
end

local LANES_AT_ONCE = 64

-- More lanes of the ring, as they stand in the store.
local function readRing(turns)
	local key = lib.ringOf(turns.priority).key
	local from = #turns.fresh
	local entries = redis.call('ZRANGE', key, from, from + turns.size - 1, 'WITHSCORES')
	checked[key] = true
	for i = 1, #entries, 2 do
		local name = entries[i]
		local group = string.match(name, ':(.*)$')
		turns.fresh[#turns.fresh + 1] =
			{ name = name, group = group, priority = turns.priority, time = tonumber(entries[i + 1]), ids = {}, places = {}, read = 0, gaps = 0, taken = 0 }
	end
	turns.isComplete = #entries < 2 * turns.size
	turns.lengths[turns.priority] = turns.isComplete and #turns.fresh or nil
	turns.size = math.max(turns.size, LANES_AT_ONCE)
end

-- The lane whose turn it is; nil when no lane is left.
function lib.nextLane(turns)
	while true do
		if turns.nextFresh > #turns.fresh and not turns.isComplete then
			readRing(turns)
		end
		local lane, from = turns.fresh[turns.nextFresh], nil
		for _, queue in ipairs(turns.queues) do
			local first = queue[queue.first]
			if first and (not lane or isBefore(first, lane)) then
				lane, from = first, queue
			end
		end
		if from then
			from.first = from.first + 1
		else
			turns.nextFresh = turns.nextFresh + 1
		end
		if lane or not nextRing(turns) then
			return lane
		end
	end
end

-- The lane has its next turn `step` later.
function lib.comeAgain(turns, lane, step)
	lane.time = lane.time + step
	local queue = turns.queueOf[step]
	if not queue then
		queue = { first = 1 }
		turns.queueOf[step] = queue
		turns.queues[#turns.queues + 1] = queue
	end
	queue[#queue + 1] = lane
end

-- Whether it is the only lane of its ring, so that its time means nothing.
function lib.isAlone(turns)
	return turns.isComplete and #turns.fresh == 1
end
