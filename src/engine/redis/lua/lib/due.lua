-- What falls due by the clock, before anything is taken, promoted or explained.

-- How many groups open, or jobs expire, in one script: LIMITS.sweep.
local MOST_DUE = 200

function lib.dueIn(key, at)
	return has(key) and redis.call('ZRANGE', key, '-inf', int(at), 'BYSCORE', 'LIMIT', 0, MOST_DUE) or {}
end

-- Lets go back the held lanes of groups whose time has come. The empty name stands for the topic, which may give jobs again. Whoever waits looks again:
-- the lanes of a group that was paused anew are in their rings already.
function lib.openDue(at)
	for _, group in ipairs(lib.dueIn(K.opening, at)) do
		setScore(K.opening, group, false)
		wakes = true
		if group ~= '' then
			lib.reopen(group)
		end
	end
end
