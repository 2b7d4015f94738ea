-- The order in which the lanes of a ring are served: a lane that was served comes again at its later time.

-- Lanes that are read at once, when those for each job that is wanted were not enough.
local LANES_AT_ONCE = 64

-- turns: the lanes in the order of their times as they were read (lanes, next), whether those are all of the ring, and the lanes that have come again. They
-- stand in one queue for each step that was added to them: since lanes are served by their times, each of these queues is in order by itself.
local function addLanes(turns, entries)
	for i = 1, #entries, 2 do
		local name = entries[i]
		turns.lanes[#turns.lanes + 1] = {
			name = name,
			group = string.match(name, ':(.*)$'),
			priority = turns.ring.priority,
			time = tonumber(entries[i + 1]),
			ids = {},
			read = 0,
			gaps = 0,
			taken = 0,
		}
	end
end

local function isBefore(a, b)
	return a.time < b.time or (a.time == b.time and lib.isBeforeByBytes(a.name, b.name))
end

-- The lane whose turn it is; nil when no lane is left.
local function nextLane(turns)
	if turns.next > #turns.lanes and not turns.isWhole then
		local from = #turns.lanes
		local entries = redis.call('ZRANGE', turns.ring.key, from, from + LANES_AT_ONCE - 1, 'WITHSCORES')
		turns.isWhole = #entries < 2 * LANES_AT_ONCE
		addLanes(turns, entries)
	end
	local lane, from = turns.lanes[turns.next], nil
	for _, queue in ipairs(turns.queues) do
		local first = queue[queue.first]
		if first and (not lane or isBefore(first, lane)) then
			lane, from = first, queue
		end
	end
	if from then
		from.first = from.first + 1
	else
		turns.next = turns.next + 1
	end
	return lane
end

-- The lane has its next turn `step` later.
local function comeAgain(turns, lane, step)
	lane.time = lane.time + step
	local queue = turns.queueOf[step]
	if not queue then
		queue = { first = 1 }
		turns.queueOf[step] = queue
		turns.queues[#turns.queues + 1] = queue
	end
	queue[#queue + 1] = lane
end

-- The lane's group, if anything is set that holds for groups.
local function governedGroup(plan, lane)
	if not lane.group then
		return nil
	end
	if plan.isGoverned == nil then
		plan.isGoverned = conf.groupLimit or conf.groupRate or has(K.groupConf) or has(K.pauses) or has(K.parks)
	end
	return plan.isGoverned and lib.groupOf(lane.group) or nil
end

local function takeTurn(plan, turns, lane)
	if not lane.hadTurn then
		lane.hadTurn = true
		plan.lanes[#plan.lanes + 1] = lane
	end
	if not lib.readLane(plan, lane, lane.taken + 1, turns.page) then
		lane.isDone = not plan.isTired
		return
	end
	local group = governedGroup(plan, lane)
	if (group or plan.topic) and lib.isBlocked(plan, lane, group) then
		return
	end
	lib.serve(plan, lane, 1, turns.page)
	if not lane.isDone then
		comeAgain(turns, lane, group and group.step or STEP)
	end
end

-- entries: the first lanes of the ring and their times; as many as jobs are wanted and one more, or all.
function lib.serveByTurns(plan, ring, entries)
	local left = plan.want - #plan.ids
	local turns = { ring = ring, lanes = {}, next = 1, isWhole = #entries <= 2 * left, queues = {}, queueOf = {} }
	addLanes(turns, entries)
	turns.page = math.floor(left / #turns.lanes) + 2
	while #plan.ids < plan.want and not plan.isOver and not plan.isTired do
		local lane = nextLane(turns)
		if not lane then
			break
		end
		takeTurn(plan, turns, lane)
	end
	plan.lengths[ring] = turns.isWhole and #turns.lanes or nil
end
