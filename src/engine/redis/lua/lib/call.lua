-- The memory of a call that changes something. A repetition, after a lost reply, finds the answer of the first run here.
-- ARGV[2] names the call, ARGV[3] says for how many ms it is remembered.

local function recallAnswer()
	local known = redis.call('GET', P .. 'call:' .. ARGV[2])
	return known and cmsgpack.unpack(known)
end

-- Returns the answer, for `return remember(answer)`.
local function remember(answer)
	redis.call('SET', P .. 'call:' .. ARGV[2], cmsgpack.pack(answer), 'PX', ARGV[3])
	return answer
end

-- A list of equal texts is told as the first of them: what most answers consist of need not be sent and read over and over.
local function shorten(list)
	for i = 2, #list do
		if list[i] ~= list[1] then
			return list
		end
	end
	return { list[1] }
end
