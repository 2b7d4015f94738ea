-- Lanes: of each a list of the numbers that wait in it, next first. A list that is there holds a waiting job.
-- stock: jobs in the lane with the changes made so far; until `leaveLane` has looked at the gaps they are counted as jobs.
function lib.laneOf(name, priority, group)
	local lane = lanes[name]
	if not lane then
		local key = P .. 'w:' .. name
		local length = redis.call('LLEN', key)
		lane = { name = name, key = key, priority = priority, group = group, length = length, stock = length, head = {}, front = {}, tail = {} }
		lanes[name] = lane
		touchedLanes[#touchedLanes + 1] = lane
	end
	return lane
end

-- place: `tail`; `head`, behind those that the same script puts there and that have a smaller number; `front`, before all.
function lib.join(lane, id, place)
	if lane.stock == 0 then
		if lane.group then
			setScore(K.grouped, lane.name, int(0 - lane.priority))
		end
		lib.enterRing(lane)
	end
	lane.stock = lane.stock + 1
	local ids = lane[place]
	ids[#ids + 1] = id
end

-- LPUSH turns the order round, so the highest number goes first: a released batch stands again as it stood.
local function downward(ids)
	local numbers, sorted = {}, {}
	for i, id in ipairs(ids) do
		numbers[i] = tonumber(id)
	end
	table.sort(numbers)
	for i, number in ipairs(numbers) do
		sorted[#numbers + 1 - i] = int(number)
	end
	return sorted
end

function lib.writeLanes()
	for _, lane in ipairs(touchedLanes) do
		if lane.close then
			lane.close(lane)
		end
		callWith('LPUSH', lane.key, #lane.head > 1 and downward(lane.head) or lane.head)
		callWith('LPUSH', lane.key, lane.front)
		callWith('RPUSH', lane.key, lane.tail)
	end
end
