-- Where in its lane a job stands. A lane is a list, and may be long.

-- Numbers ascend along a lane, but for jobs that came back or were due later: those have smaller numbers than their neighbours, so the
-- greatest of a few neighbours ascends.
local NEIGHBOURS = 8

local function numberAt(entry)
	return math.abs(tonumber(entry))
end

-- About how many µs it takes to come to a place in the list, which is walked from its nearer end.
local function costOfLook(lane)
	return 5 + lane.length / 40000
end

-- The index of `id` among the entries from `from` on, or nil; and the greatest number among them.
local function lookAt(lane, from, id)
	local greatest, index = 0, nil
	for i, entry in ipairs(redis.call('LRANGE', lane.key, from, from + NEIGHBOURS - 1)) do
		greatest = math.max(greatest, numberAt(entry))
		if entry == id then
			index = from + i - 1
		end
	end
	searched = searched + costOfLook(lane)
	return index, greatest
end

-- Jobs mostly leave in the order of the lane, or from its head.
function lib.indexIn(lane, id)
	local index = lane.last and lookAt(lane, lane.last + 1, id) or lookAt(lane, 0, id)
	local low, high, number = 0, lane.length - 1, tonumber(id)
	while not index and low <= high do
		local middle = math.floor((low + high) / 2)
		local greatest
		index, greatest = lookAt(lane, middle, id)
		if greatest < number then
			low = middle + NEIGHBOURS
		else
			high = middle - 1
		end
	end
	if not index then
		index = redis.call('LPOS', lane.key, id, 'RANK', -1)
		searched = searched + (lane.length - (index or 0)) / 25
	end
	searched = searched + costOfLook(lane)
	lane.last = index
	return index
end
