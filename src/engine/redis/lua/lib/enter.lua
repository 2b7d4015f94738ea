-- How lanes enter their rings.

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
		if lib.decided(ring.key, entry[1]) == nil then
			least = math.min(tonumber(entry[2]), least or math.huge)
			break
		end
		index = index + 1
	end
	checked[ring.key] = true
	return least
end

-- As if the lane had just been served when the ring stood where it stands: it waits for one turn of its weight.
function lib.enterRing(lane)
	local ring = lib.ringOf(lane.priority)
	if ring.least == nil then
		ring.least = readLeast(ring)
	end
	local step = lane.group and lib.isUsed(K.groupConf) and lib.groupOf(lane.group).step or STEP
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
