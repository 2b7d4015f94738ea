
-- The group gives no more jobs until then, the whole topic if there is none. The later of two times holds.
function lib.park(group, untilAt)
	if group then
		local known = lib.scoreOf(K.parks, group)
		if not known or known < untilAt then
			setScore(K.parks, group, int(untilAt))
		end
	elseif tonumber(conf.parkedUntil or 0) < untilAt then
		conf.parkedUntil, conf.flow = int(untilAt), '1'
		put(K.conf, 'parkedUntil', conf.parkedUntil)
		put(K.conf, 'flow', '1')
		-- The next take finds out.
		setScore(K.opening, '', false)
	end
end
