-- Waiting jobs: one list per lane, and LANES, the zset of the lanes that are not empty.
-- A lane's score is its priority, then its turn in the ring of that priority; 2^42 turns leave
-- 1000 · 2^42 < 2^53, so that every score is an exact double.
local RING = 4398046511104

local function ringStart(priority)
	return -priority * RING
end

local function priorityOf(score)
	-- Not the negation: that would make a negative zero, which prints as -0.
	return 0 - math.floor(score / RING)
end

-- The turn behind the last lane of a priority.
local function nextTurn(priority)
	local start = ringStart(priority)
	local last = redis.call('ZRANGE', LANES, start + RING - 1, start, 'BYSCORE', 'REV', 'LIMIT', 0, 1, 'WITHSCORES')
	return last[2] and tonumber(last[2]) + 1 or start
end

-- Lanes of groups also stand in GROUPED, by priority and name: LANES turns under whoever pages through it.
local function isGrouped(lane)
	return string.find(lane, ':', 1, true) ~= nil
end

-- lanes: score, lane, score, lane …
local function enterRing(lanes)
	redis.call('ZADD', LANES, unpack(lanes))
	for i = 2, #lanes, 2 do
		if isGrouped(lanes[i]) then
			redis.call('ZADD', GROUPED, 0 - tonumber(string.match(lanes[i], '^(-?%d+):')), lanes[i])
		end
	end
end

local function leaveRing(lanes)
	redis.call('ZREM', LANES, unpack(lanes))
	for _, lane in ipairs(lanes) do
		if isGrouped(lane) then
			redis.call('ZREM', GROUPED, lane)
		end
	end
end

-- Jobs that are about to join lanes: collected by `join`, checked by `readLanes`, stored by `writeLanes`.
local joining, joiningOrder, lanesWereEmpty = {}, {}, false

local function join(lane, priority, id, place)
	local j = joining[lane]
	if not j then
		j = { priority = priority, head = {}, tail = {} }
		joining[lane] = j
		joiningOrder[#joiningOrder + 1] = lane
	end
	local ids = j[place]
	ids[#ids + 1] = id
end

local function readLanes()
	if #joiningOrder == 0 then
		return
	end
	lanesWereEmpty = redis.call('ZCARD', LANES) == 0
	redis.call('ZCARD', GROUPED)
	local turns = {}
	for _, lane in ipairs(joiningOrder) do
		local j = joining[lane]
		if redis.call('LLEN', LANE .. lane) == 0 then
			local turn = turns[j.priority] or nextTurn(j.priority)
			j.turn = turn
			turns[j.priority] = turn + 1
		end
	end
end

local function writeLanes()
	local entering = {}
	for _, lane in ipairs(joiningOrder) do
		local j = joining[lane]
		if #j.head > 0 then
			-- LPUSH turns the order round, so the highest number goes first: the batch stands again as it stood.
			table.sort(j.head, function(a, b)
				return tonumber(a) > tonumber(b)
			end)
			redis.call('LPUSH', LANE .. lane, unpack(j.head))
		end
		if #j.tail > 0 then
			redis.call('RPUSH', LANE .. lane, unpack(j.tail))
		end
		if j.turn then
			entering[#entering + 1] = int(j.turn)
			entering[#entering + 1] = lane
		end
	end
	if #entering > 0 then
		enterRing(entering)
	end
	if lanesWereEmpty and #joiningOrder > 0 then
		hint(0)
	end
end
