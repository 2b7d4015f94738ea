-- Rings of lanes: of each priority one sorted set, lane → virtual time; and PRIOS, the priorities whose rings are not empty.
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
	local found, least, rank = changes[ring.key], false, 0
	for _, lane in ipairs(found and found.members or {}) do
		local time = tonumber(found.values[lane] or '')
		least = time and math.min(time, least or time) or least
	end
	while true do
		local entry = redis.call('ZRANGE', ring.key, rank, rank, 'WITHSCORES')
		if not entry[1] then
			ring.wasEmpty = rank == 0
			break
		end
		if decided(ring.key, entry[1]) == nil then
			least = math.min(tonumber(entry[2]), least or math.huge)
			break
		end
		rank = rank + 1
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
	local time = (ring.least or 0) + stepOf(lane.group)
	ring.least = ring.least or time
	ring.entered = true
	add(ring.key, int(time), lane.name)
	if ringsWereEmpty == nil then
		ringsWereEmpty = redis.call('ZCARD', K.prios) == 0
		checked[K.prios] = true
	end
	wakes = wakes or ringsWereEmpty
end

local function leaveRing(lane)
	local ring = ringOf(lane.priority)
	remove(ring.key, lane.name)
	ring.least = nil
	ring.left = true
end

local function writeRings()
	for _, ring in pairs(rings) do
		if changes[ring.key] then
			writeNow(ring.key)
		end
		local priority = int(ring.priority)
		if ring.left and (ring.isGone or redis.call('EXISTS', ring.key) == 0) then
			remove(K.prios, priority)
		elseif ring.entered and ring.wasEmpty then
			add(K.prios, int(0 - ring.priority), priority)
		end
	end
	rings, ringsWereEmpty = {}, nil
end
