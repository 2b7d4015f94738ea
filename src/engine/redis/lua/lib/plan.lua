-- @lazy
-- What a take gives: chosen without changing anything.

-- Gaps that one script passes over.
local MOST_GAPS, GAPS_AT_ONCE = 20000, 500

-- Adds entries of the lane's list to the jobs that are known of it. Where there are gaps among them, `places` tells the index of each in the list.
local function addEntries(lane, entries)
	for i = 1, #entries do
		if string.byte(entries[i]) == 45 then
			lane.gaps = lane.gaps + 1
		else
			lane.ids[#lane.ids + 1] = entries[i]
			lane.places[#lane.ids] = lane.read + i - 1
		end
	end
	lane.read = lane.read + #entries
end

-- Reads on in the lane's list until `n` jobs of it are known. False when it has fewer.
local function readLane(plan, lane, n)
	while #lane.ids < n and not lane.isRead do
		local size = math.max(n - #lane.ids, lane.gaps > 0 and GAPS_AT_ONCE or plan.page)
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

local function serve(plan, turns, lane, group, count)
	for i = lane.taken + 1, math.min(lane.taken + count, #lane.ids) do
		plan.ids[#plan.ids + 1] = lane.ids[i]
		lane.taken = i
	end
	lane.isDone = not readLane(plan, lane, lane.taken + 1) and not plan.isTired
	if not lane.isDone then
		lib.comeAgain(turns, lane, group and group.step or STEP)
	end
end

-- One turn of a lane.
local function takeTurn(plan, turns, lane)
	if not lane.isTouched then
		lane.isTouched, lane.isAlone = true, lib.isAlone(turns)
		plan.lanes[#plan.lanes + 1] = lane
	end
	local left = plan.want - #plan.ids
	plan.page = lane.isAlone and left + 1 or math.floor(plan.want / #turns.fresh) + 2
	if not readLane(plan, lane, lane.taken + 1) then
		lane.isDone = not plan.isTired
		return
	end
	local group = governedGroup(plan, lane)
	if not group and not plan.topic then
		serve(plan, turns, lane, nil, lane.isAlone and left or 1)
	elseif not lib.isBlocked(plan, lane, group) then
		serve(plan, turns, lane, group, 1)
	end
end

-- Chooses up to `max` jobs. `opens` of the plan is when the topic may give jobs again, if it is blocked until a time.
function lib.planTake(at, max)
	local plan = { at = at, ids = {}, lanes = {}, held = 0, page = 1, want = max }
	local block = lib.topicBlocks(at)[1]
	if block then
		plan.opens = block.opens
		return plan
	end
	if conf.limit then
		plan.want = math.min(max, tonumber(conf.limit) - redis.call('ZCARD', K.active))
	end
	if conf.rate then
		plan.topic = { name = '', rate = lib.readRate(conf.rate) }
	end
	local turns = lib.newTurns(plan.want + 1)
	plan.turns = turns
	while #plan.ids < plan.want and not plan.isOver and not plan.isTired do
		local lane = lib.nextLane(turns)
		if not lane then
			break
		end
		takeTurn(plan, turns, lane)
	end
	return plan
end
