-- An earlier end of a lease than any that was announced: the servers learn it, so that one of them looks in time. CONF has what was announced.
function lib.announceLease(at, expiresAt)
	local announced = tonumber(conf.reclaimAt or '')
	if not announced or announced > expiresAt then
		conf.reclaimAt = int(expiresAt)
		put(K.conf, 'reclaimAt', conf.reclaimAt)
		publish(int(math.max(1, expiresAt - at)))
	end
end
