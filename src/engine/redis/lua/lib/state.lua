-- The state of each id: what set it stands in; a record in none of them is waiting.
local function statesOf(ids)
	local sets = {
		active = redis.call('ZMSCORE', ACTIVE, unpack(ids)),
		delayed = redis.call('ZMSCORE', DELAYED, unpack(ids)),
		completed = redis.call('ZMSCORE', COMPLETED, unpack(ids)),
		dead = redis.call('ZMSCORE', DEAD, unpack(ids)),
	}
	local states = {}
	for i, id in ipairs(ids) do
		states[i] = 'waiting'
		for name, scores in pairs(sets) do
			if scores[i] then
				states[i] = name
			end
		end
		if redis.call('HEXISTS', JOBS, id) == 0 then
			states[i] = 'missing'
		end
	end
	return states
end
