-- What a take leaves behind in lanes, rings and logs.

-- What leaves the list of a lane that was served or found to begin with gaps.
local function cutLane(lane)
	local key = P .. 'w:' .. lane.name
	local gaps = lane.gaps
	if lane.isDone then
		redis.call('DEL', key)
	else
		local place = lane.ids[lane.taken + 1] and (lane.places and lane.places[lane.taken + 1] or lane.taken) or lane.read
		gaps = place - lane.taken
		if place > 0 then
			redis.call('LTRIM', key, place, -1)
		end
	end
	if gaps > 0 then
		local left = tonumber(field(K.gaps, lane.name) or 0) - gaps
		put(K.gaps, lane.name, left > 0 and int(left))
	end
end

function lib.writeTurns(plan)
	local left = {}
	for _, lane in ipairs(plan.lanes) do
		local ring = lib.ringOf(lane.priority)
		if lane.ids[1] or lane.gaps > 0 then
			cutLane(lane)
		end
		if lane.isDone or lane.isHeld then
			lib.leaveRing(lane)
			left[ring] = (left[ring] or 0) + 1
			ring.isGone = left[ring] == plan.lengths[ring]
		elseif lane.taken > 0 and lane.time and plan.lengths[ring] ~= 1 then
			setScore(ring.key, lane.name, int(lane.time))
		end
		if lane.isDone and lane.group then
			setScore(K.grouped, lane.name, false)
		elseif lane.isHeld then
			setScore(K.held, lane.group .. '\n' .. int(lane.priority), '0')
			-- Of the times found for the lanes of a group the first counts: each is looked at again then.
			if lane.opens and lane.opens < (lib.scoreOf(K.opening, lane.group) or FAR) then
				lib.addDue(K.opening, lane.group, lane.opens)
			end
		end
	end
end
