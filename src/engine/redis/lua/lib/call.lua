-- The memory of a call that changes something. A repetition, after a lost reply, finds the answer of the first run here.
local CALL = P .. 'call:' .. ARGV[2]

local function recallAnswer()
	local known = redis.call('GET', CALL)
	return known and cmsgpack.unpack(known)
end

-- Returns the answer, for `return remember(answer)`.
local function remember(answer)
	redis.call('SET', CALL, cmsgpack.pack(answer), 'PX', ARGV[3])
	return answer
end
