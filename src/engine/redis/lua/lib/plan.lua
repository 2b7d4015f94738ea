-- What a take gives: chosen without changing anything.

-- Lanes of blocked groups that one script passes over (LIMITS.lanesLookedAt), and gaps.
local MOST_HELD, MOST_GAPS = 1000, 20000
local GAPS_AT_ONCE = 500

-- Reads on in the lane's list until `n` jobs of it are known. False when it has fewer.
local function readLane(plan, lane, n)
	while #lane.ids < n and not lane.isRead do
		local size = math.max(n - #lane.ids, lane.gaps > 0 and GAPS_AT_ONCE or plan.page)
		local entries = redis.call('LRANGE', P .. 'w:' .. lane.name, lane.read, lane.read + size - 1)
		for i, entry in ipairs(entries) do
			if string.byte(entry) == 45 then
				lane.gaps = lane.gaps + 1
			else
				lane.ids[#lane.ids + 1] = entry
				lane.places[#lane.ids] = lane.read + i - 1
			end
		end
		lane.read = lane.read + #entries
		lane.isRead = #entries < size
		if lane.gaps > MOST_GAPS then
			plan.isTired = true
			break
		end
	end
	return #lane.ids >= n
end

local function costOf(id)
	local _, _, _, json = readOpts(field(K.opts, id))
	return json ~= '' and cjson.decode(json).c or 1
end

-- The lane's group, if anything is set that holds for groups.
local function governedGroup(lane)
	if not lane.group then
		return nil
	end
	local isGoverned = conf.groupLimit or conf.groupRate or has(K.groupConf) or has(K.pauses) or has(K.parks)
	return isGoverned and groupOf(lane.group) or nil
end

local function newPlan(at, max)
	local topic = { name = '', rate = readRate(conf.rate) }
	return { at = at, ids = {}, lanes = {}, held = 0, page = 1, want = max, topic = topic }
end

-- What holds back the head of the lane: its group, or else the topic's rate, which ends the take.
local function blockOf(plan, lane, group, id)
	local cost = (plan.topic.rate or (group and group.rate)) and costOf(id) or 1
	local block = group and groupBlocks(group, cost, plan.at)[1]
	if block then
		return block
	end
	block = rateBlock('topic_rate', plan.topic, cost, plan.at)
	if block then
		plan.opens, plan.isOver = block.opens, true
		return block
	end
	for _, logged in ipairs({ plan.topic, group or nil }) do
		if logged.rate then
			logged.log = started(logged.log, logged.rate, cost, plan.at)
			logged.isChanged = true
		end
	end
	return nil
end

local function serve(plan, turns, lane, group, count)
	for i = lane.taken + 1, math.min(lane.taken + count, #lane.ids) do
		plan.ids[#plan.ids + 1] = lane.ids[i]
		lane.taken = i
	end
	lane.isDone = not readLane(plan, lane, lane.taken + 1) and not plan.isTired
	if not lane.isDone then
		comeAgain(turns, lane, group and group.step or STEP)
	end
end

-- One turn of a lane. holds: whether a blocked lane is to be held.
local function takeTurn(plan, turns, lane)
	if not lane.isTouched then
		lane.isTouched, lane.isAlone = true, isAlone(turns)
		plan.lanes[#plan.lanes + 1] = lane
	end
	local left = plan.want - #plan.ids
	plan.page = lane.isAlone and left + 1 or math.floor(plan.want / #turns.fresh) + 2
	if not readLane(plan, lane, lane.taken + 1) then
		lane.isDone = not plan.isTired
		return
	end
	local group = governedGroup(lane)
	local block = blockOf(plan, lane, group, lane.ids[lane.taken + 1])
	if block then
		if not plan.isOver then
			lane.isHeld, lane.opens, plan.held = true, block.opens, plan.held + 1
			plan.isTired = plan.held == MOST_HELD
		end
		return
	end
	if group and group.slots then
		group.slots = group.slots + 1
	end
	serve(plan, turns, lane, group, lane.isAlone and not group and not plan.topic.rate and left or 1)
end

-- Chooses up to `max` jobs. `opens` of the plan is when the topic may give jobs again, if it is blocked until a time.
local function planTake(at, max)
	local plan = newPlan(at, max)
	local block = topicBlocks(at)[1]
	if block then
		plan.opens = block.opens
		return plan
	end
	if conf.limit then
		plan.want = math.min(max, tonumber(conf.limit) - redis.call('ZCARD', K.active))
	end
	local turns = newTurns(plan.want + 1)
	plan.turns = turns
	while #plan.ids < plan.want and not plan.isOver and not plan.isTired do
		local lane = nextLane(turns)
		if not lane then
			break
		end
		takeTurn(plan, turns, lane)
	end
	return plan
end
