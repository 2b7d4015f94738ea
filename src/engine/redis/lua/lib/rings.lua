-- Rings of lanes: of each priority one sorted set, lane → virtual time; and PRIOS, the priorities whose rings are not empty.

-- What a turn of weight 1 adds: STEP in core/fairness.ts.
local STEP = 10080

local rings, ringsWereEmpty = {}, nil

local function ringOf(priority)
	local ring = rings[priority]
	if not ring then
		ring = { key = P .. 'ring:' .. int(priority), priority = priority }
		rings[priority] = ring
	end
	return ring
end

-- The least time in the ring with the changes made so far; false when it is empty.
local function readLeast(ring)
	local found, least, index = changes[ring.key], false, 0
	for _, lane in ipairs(found and found.members or {}) do
		local time = tonumber(found.values[lane] or '')
		least = time and math.min(time, least or time) or least
	end
	while true do
		local entry = redis.call('ZRANGE', ring.key, index, index, 'WITHSCORES')
		if not entry[1] then
			ring.wasEmpty = index == 0
			break
		end
		if decided(ring.key, entry[1]) == nil then
			least = math.min(tonumber(entry[2]), least or math.huge)
			break
		end
		index = index + 1
	end
	checked[ring.key] = true
	return least
end

-- As if the lane had just been served when the ring stood where it stands: it waits for one turn of its weight.
local function enterRing(lane)
	local ring = ringOf(lane.priority)
	if ring.least == nil then
		ring.least = readLeast(ring)
	end
	local step = lane.group and has(K.groupConf) and rare.groupOf(lane.group).step or STEP
	local time = (ring.least or 0) + step
	ring.least = ring.least or time
	ring.entered = true
	setScore(ring.key, lane.name, int(time))
	if ringsWereEmpty == nil then
		ringsWereEmpty = redis.call('ZCARD', K.prios) == 0
		checked[K.prios] = true
	end
	wakes = wakes or ringsWereEmpty
end

local function leaveRing(lane)
	local ring = ringOf(lane.priority)
	setScore(ring.key, lane.name, false)
	ring.least = nil
	ring.left = true
end

local function writeRings()
	for _, ring in pairs(rings) do
		if changes[ring.key] then
			writeKey(ring.key)
		end
		local priority = int(ring.priority)
		if ring.left and (ring.isGone or redis.call('EXISTS', ring.key) == 0) then
			setScore(K.prios, priority, false)
		elseif ring.entered and ring.wasEmpty then
			setScore(K.prios, priority, int(0 - ring.priority))
		end
	end
	rings, ringsWereEmpty = {}, nil
end
