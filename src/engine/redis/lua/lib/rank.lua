-- The rank of the first member of a zset above (score, id), or above or equal to it. By halving, since the member itself
-- may have left the set, and thousands may share its score.
function lib.rankAbove(key, score, id, orEqual)
	local low, high = 0, redis.call('ZCARD', key)
	while low < high do
		local middle = math.floor((low + high) / 2)
		local found = redis.call('ZRANGE', key, middle, middle, 'WITHSCORES')
		local member, s = found[1], tonumber(found[2])
		if s > score or (s == score and (lib.isBeforeByBytes(id, member) or (orEqual and member == id))) then
			high = middle
		else
			low = middle + 1
		end
	end
	return low
end
