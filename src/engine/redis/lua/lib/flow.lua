-- Fields of CONF that only topics have that are held back or counted. Where any of them is set, so is the field `flow`; the others are spared reading them.
local FLOW = { 'paused', 'pausedUntil', 'parkedUntil', 'limit', 'rate', 'groupLimit', 'groupRate' }
local BUDGET = { 'countedFrom', 'waitingBytes', 'finishedBytes', 'waitingUsed', 'finishedUsed' }

-- Returns whether there are any.
function lib.readFlow()
	local found = false
	for _, names in ipairs({ FLOW, BUDGET }) do
		for i, value in ipairs(redis.call('HMGET', K.conf, unpack(names))) do
			conf[names[i]] = value or nil
			found = found or value
		end
	end
	return found
end

-- Called after these fields have been changed in the store.
function lib.keepFlow()
	if lib.readFlow() then
		redis.call('HSET', K.conf, 'flow', '1')
	else
		redis.call('HDEL', K.conf, 'flow')
	end
end
