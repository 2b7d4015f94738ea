-- Rings of lanes: of each priority one sorted set, lane → virtual time; and PRIOS, the priorities whose rings are not empty.

function lib.ringOf(priority)
	local ring = rings[priority]
	if not ring then
		ring = { key = P .. 'ring:' .. int(priority), priority = priority }
		rings[priority] = ring
	end
	return ring
end

function lib.leaveRing(lane)
	local ring = lib.ringOf(lane.priority)
	setScore(ring.key, lane.name, false)
	ring.least = nil
	ring.left = true
end

function lib.writeRings()
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
end
