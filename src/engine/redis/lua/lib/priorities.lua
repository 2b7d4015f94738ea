-- The priorities at which groups have waiting jobs, the highest first.
function lib.eachGroupedPriority()
	local last = '-inf'
	return function()
		local found = redis.call('ZRANGE', K.grouped, last, '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
		if not found[2] then
			return nil
		end
		last = '(' .. found[2]
		return 0 - tonumber(found[2])
	end
end
