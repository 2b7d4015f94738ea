-- Whether the lane whose turn it is gives its next job: not if its group is blocked, which holds the lane, and not if the topic's rate is used up, which ends
-- the take.

-- Lanes of blocked groups that one script passes over: LIMITS.lanesLookedAt.
local MOST_HELD = 1000

local function costOf(id)
	local _, _, _, json = readOpts(field(K.opts, id))
	return json ~= '' and cjson.decode(json).c or 1
end

-- group: nil if nothing is set for groups. A job that may go counts as a start.
function lib.isBlocked(plan, lane, group)
	local topic, at = plan.topic, plan.at
	local cost = (topic or (group and group.rate)) and costOf(lane.ids[lane.taken + 1]) or 1
	local block = group and lib.groupBlocks(group, cost, at)[1]
	if block then
		lane.isHeld, lane.opens, plan.held = true, block.opens, (plan.held or 0) + 1
		plan.isTired = plan.held == MOST_HELD
		return true
	end
	block = topic and lib.rateBlock('topic_rate', topic, cost, at)
	if block then
		plan.opens, plan.isOver = block.opens, true
		return true
	end
	lib.countStart(topic, cost, at)
	lib.countStart(group, cost, at)
	if group and group.slots then
		group.slots = group.slots + 1
	end
	return false
end

function lib.writeLogs(plan)
	if plan.topic and plan.topic.isChanged then
		lib.writeLog('', plan.topic.rate, plan.topic.log)
	end
	for name, group in pairs(groups) do
		if group.isChanged then
			lib.writeLog(name, group.rate, group.log)
		end
	end
end
