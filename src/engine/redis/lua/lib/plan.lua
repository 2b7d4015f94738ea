-- What a take gives: chosen without changing anything.
-- A plan has: at, want (most jobs), ids, lanes (those that had a turn), lengths (ring → its lanes, where all were read), and perhaps topic (its rate and
-- log), opens (when a blocked topic may give jobs again), isOver (the topic's rate ends the take), isTired (a bound was met).

-- Gaps that one script passes over.
local MOST_GAPS, GAPS_AT_ONCE = 4000, 500

-- Adds entries of the lane's list to the jobs that are known of it. Once there is a gap among them, `places` tells the index of each job in the list.
local function addEntries(lane, entries)
	local ids, places = lane.ids, lane.places
	for i = 1, #entries do
		local id = entries[i]
		if string.byte(id) ~= 45 then
			ids[#ids + 1] = id
			if places then
				places[#ids] = lane.read + i - 1
			end
		else
			lane.gaps = lane.gaps + 1
			if not places then
				places = {}
				for k = 1, #ids do
					places[k] = k - 1
				end
				lane.places = places
			end
		end
	end
	lane.read = lane.read + #entries
end

-- Reads on in the lane's list, a page at least, until `n` jobs of it are known. False when it has fewer.
function lib.readLane(plan, lane, n, page)
	while #lane.ids < n and not lane.isRead do
		local size = math.max(n - #lane.ids, lane.gaps > 0 and GAPS_AT_ONCE or page)
		local entries = redis.call('LRANGE', P .. 'w:' .. lane.name, lane.read, lane.read + size - 1)
		lane.isRead = #entries < size
		addEntries(lane, entries)
		if lane.gaps > MOST_GAPS then
			plan.isTired = true
			break
		end
	end
	return #lane.ids >= n
end

-- Gives jobs of the lane. A lane that has none left is done.
function lib.serve(plan, lane, count, page)
	for i = lane.taken + 1, math.min(lane.taken + count, #lane.ids) do
		plan.ids[#plan.ids + 1] = lane.ids[i]
		lane.taken = i
	end
	lane.isDone = not lib.readLane(plan, lane, lane.taken + 1, page) and not plan.isTired
end

-- The commonest case: the only lane of its ring, with nothing set for it. Its time means nothing.
local function serveAlone(plan, ring, name)
	local lane = { name = name, priority = ring.priority, ids = {}, read = 0, gaps = 0, taken = 0, isRead = false, isDone = false }
	local count = plan.want - #plan.ids
	plan.lanes[#plan.lanes + 1] = lane
	lib.readLane(plan, lane, count + 1, 1)
	lib.serve(plan, lane, count, 1)
end

local PRIORITIES = 8

-- Chooses up to `max` jobs, from the ring of the highest priority on.
function lib.planTake(at, max)
	local plan = { at = at, want = max, ids = {}, lanes = {}, lengths = {} }
	if conf.flow and lib.isTopicBlocked(plan) then
		return plan
	end
	local priorities, from = {}, 0
	checked[K.prios] = true
	while #plan.ids < plan.want and not plan.isOver and not plan.isTired do
		if from % PRIORITIES == 0 then
			priorities = redis.call('ZRANGE', K.prios, from, from + PRIORITIES - 1)
		end
		local priority = priorities[from % PRIORITIES + 1]
		if not priority then
			break
		end
		from = from + 1
		local ring = lib.ringOf(tonumber(priority))
		local entries = redis.call('ZRANGE', ring.key, 0, plan.want - #plan.ids, 'WITHSCORES')
		checked[ring.key] = true
		if #entries == 2 and not plan.topic and not string.find(entries[1], ':', 1, true) then
			plan.lengths[ring] = 1
			serveAlone(plan, ring, entries[1])
		else
			lib.serveByTurns(plan, ring, entries)
		end
	end
	return plan
end
