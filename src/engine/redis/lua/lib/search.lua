-- @lazy
-- Where in its lane a job stands. A lane is a list, and may be long.

-- Numbers ascend along a lane, but for jobs that came back or were due later: those have smaller numbers than their neighbours, so the
-- greatest of a few neighbours ascends.
local NEIGHBOURS = 8

local function numberAt(entry)
	return math.abs(tonumber(entry))
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
	searched = searched + 10
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
		searched = searched + lane.length / 50
		index = redis.call('LPOS', lane.key, id, 'RANK', -1)
	end
	lane.last = index
	return index
end
