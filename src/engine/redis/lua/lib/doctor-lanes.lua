-- Examinations of lanes, and of the rings and lists that name them.

function lib.readLaneName(name)
	local priority, group = string.match(name, '^(-?%d+):?(.*)$')
	return { name = name, priority = tonumber(priority), group = group ~= '' and group or nil }
end

local function lengthOf(name)
	return redis.call('LLEN', P .. 'w:' .. name)
end

local function isHeld(lane)
	return lane.group and redis.call('ZSCORE', K.held, lane.group .. '\n' .. int(lane.priority))
end

local function isInRing(lane)
	return redis.call('ZSCORE', lib.ringOf(lane.priority).key, lane.name)
end

-- Why takes, or those who list jobs, do not reach the lane; nil when they do. A held lane comes back to its ring by itself.
local function whyOutOfReach(lane)
	local held = isHeld(lane)
	if not held and not isInRing(lane) then
		return 'stands in no ring'
	elseif not held and not redis.call('ZSCORE', K.prios, int(lane.priority)) then
		return 'its ring is not among those of the topic'
	elseif lane.group and not redis.call('ZSCORE', K.grouped, lane.name) then
		return 'is not among those of groups'
	end
end

function lib.bringInReach(lane)
	if not isHeld(lane) then
		if not isInRing(lane) then
			lib.enterRing(lane)
		end
		setScore(K.prios, int(lane.priority), int(0 - lane.priority))
	end
	if lane.group then
		setScore(K.grouped, lane.name, int(0 - lane.priority))
	end
end

function lib.checkReach(lane)
	local why = whyOutOfReach(lane)
	if why then
		lib.report('no_ring', 'lane ' .. lane.name, why, function()
			lib.bringInReach(lane)
		end)
	end
end

local function reportEmpty(name, where, drop)
	lib.report('empty_lane', 'lane ' .. name, where, drop)
end

function lib.ringAfter(priority)
	local from = priority and '(' .. int(0 - tonumber(priority)) or '-inf'
	return redis.call('ZRANGE', K.prios, from, '+inf', 'BYSCORE', 'LIMIT', 0, 1)[1]
end

local function lookAtRing(ring, names)
	for _, name in ipairs(names) do
		local lane = lib.readLaneName(name)
		if lengthOf(name) == 0 then
			reportEmpty(name, 'its ring', function()
				lib.leaveRing(lane)
			end)
		elseif isHeld(lane) then
			lib.report('held_in_ring', 'lane ' .. name, '', function()
				setScore(K.held, lane.group .. '\n' .. int(ring.priority), false)
			end)
		end
	end
end

-- A place is a priority and a place in its ring.
function lib.walkRings(_, place, room)
	local priority, inRing = string.match(place, '^(-?%d+) (%d*)$')
	priority = priority or lib.ringAfter(nil)
	if not priority then
		return ''
	end
	local ring = lib.ringOf(tonumber(priority))
	if redis.call('EXISTS', ring.key) == 0 then
		lib.countLooked(1)
		lib.report('empty_lane', 'ring ' .. priority, 'the list of rings', function()
			setScore(K.prios, priority, false)
		end)
	else
		local nextPlace, names = lib.scan(ring.key, false, inRing or '', room)
		lib.countLooked(#names + 1)
		lookAtRing(ring, names)
		if nextPlace ~= '' then
			return priority .. ' ' .. nextPlace
		end
	end
	local nextOne = lib.ringAfter(priority)
	return nextOne and nextOne .. ' ' or ''
end

function lib.lookAtGrouped(names)
	for _, name in ipairs(names) do
		if lengthOf(name) == 0 then
			reportEmpty(name, 'the list of lanes', function()
				setScore(K.grouped, name, false)
			end)
		else
			lib.checkReach(lib.readLaneName(name))
		end
	end
end

-- Whatever takes away what holds a group lets its lanes go back, or has said when they do. A job of the highest cost is the last that a rate allows.
local MOST_COST = 1000

local function isHeldForNothing(group)
	local blocks = lib.groupBlocks(lib.groupOf(group), MOST_COST, readNow(ARGV[1]))
	return #blocks == 0 and not lib.scoreOf(K.opening, group)
end

function lib.lookAtHeld(members)
	for _, member in ipairs(members) do
		local group, priority = string.match(member, '^(.*)\n(-?%d+)$')
		local name = group and priority .. ':' .. group or member
		if not group or lengthOf(name) == 0 then
			reportEmpty(name, 'the set of held lanes', function()
				setScore(K.held, member, false)
			end)
		elseif isHeldForNothing(group) then
			lib.report('no_ring', 'lane ' .. name, 'is held, and nothing holds its group', function()
				lib.reopenLane(member)
			end)
		end
	end
end

-- The gaps of a lane that is gone; those of others are counted with the lane.
function lib.lookAtGaps(names, counts)
	for i, name in ipairs(names) do
		if lengthOf(name) == 0 then
			local numbers = 'lane ' .. name .. ' has ' .. counts[i] .. ' gaps by its count, and is gone'
			lib.report('count_differs', 'count gaps', numbers, function()
				put(K.gaps, name, false)
			end)
		end
	end
end
