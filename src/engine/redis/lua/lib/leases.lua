-- An earlier end of a lease than any that was announced: the servers learn it, so that one of them looks in time.
local function announceLease(at, expiresAt)
	local announced = tonumber(redis.call('GET', RECLAIM_AT) or '')
	if not announced or announced > expiresAt then
		redis.call('SET', RECLAIM_AT, int(expiresAt))
		hint(math.max(1, expiresAt - at))
	end
end
