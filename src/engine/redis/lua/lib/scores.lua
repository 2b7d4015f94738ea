-- Sorted sets, with the changes made so far.

function lib.earliest(key)
	local found = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
	return found and tonumber(found) or FAR
end

-- Adds what falls due at `time` (a number).
function lib.addDue(key, member, time)
	if not watched[key] then
		watched[key] = lib.earliest(key)
		checked[key] = true
	end
	setScore(key, member, int(time))
end

-- What was decided of a member, or of a field: its score or text, false when it goes, nil when nothing was.
function lib.decided(key, member)
	local found = changes[key]
	return found and found.values[member]
end

-- Whether the key, also of a hash, is there or will be.
function lib.isUsed(key)
	return changes[key] ~= nil or has(key)
end

-- The score of a member as a number; nil for none.
function lib.scoreOf(key, member)
	local score = lib.decided(key, member)
	if score == nil and has(key) then
		score = redis.call('ZSCORE', key, member)
	end
	return score and tonumber(score) or nil
end
