-- Jobs that go to DELAYED: collected by `delay`, stored by `writeDelayed`.
local delaying = {}

local function delay(id, due)
	delaying[#delaying + 1] = int(due)
	delaying[#delaying + 1] = id
end

local function earliestDue()
	return redis.call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')[2]
end

local function readDelayed()
	if #delaying > 0 then
		redis.call('ZCARD', DELAYED)
	end
end

-- The servers are told when something falls due earlier than all before.
local function writeDelayed(at)
	if #delaying == 0 then
		return
	end
	local before = earliestDue()
	redis.call('ZADD', DELAYED, unpack(delaying))
	local earliest = earliestDue()
	if earliest ~= before then
		hint(math.max(1, tonumber(earliest) - at))
	end
end
