-- Unique keys. KEYS of a topic: key → `number until`, the job that holds it and the end of its window, which is empty for a scope without one.
-- Jobs that wait for the holder stand in the key's line, in the order of their numbers, and in DELAYED behind all times.

function lib.lineOf(key)
	return P .. 'line:' .. key
end

-- Those who joined the line in this script, which have the highest numbers: the first of them, or the last.
local function joinedLine(line, last)
	local joined, found = changes[line], nil
	for _, id in ipairs(joined and joined.members or {}) do
		if joined.values[id] and (last or not found) then
			found = id
		end
	end
	return found
end

-- The first in line, or with `last` the last; nil when nobody waits.
function lib.inLine(key, last)
	local line = lib.lineOf(key)
	local joined = joinedLine(line, last)
	if last and joined then
		return joined
	end
	local command, index = last and 'ZREVRANGE' or 'ZRANGE', 0
	local id = has(line) and redis.call(command, line, 0, 0)[1]
	while id and lib.decided(line, id) ~= nil do
		index = index + 1
		id = redis.call(command, line, index, index)[1]
	end
	return id or joined
end

-- The id of the job that holds the key, or nil. While jobs wait behind a key it is held, also when its window is over.
function lib.holderOf(key, at)
	local text = field(K.keys, key)
	if not text then
		return nil
	end
	local id, untilText = string.match(text, '^(%d+) (%d*)$')
	local over = untilText ~= '' and tonumber(untilText) <= at
	return (not over or lib.inLine(key)) and id or nil
end

function lib.leaveKey(key)
	put(K.keys, key, false)
	if lib.isUsed(K.windows) then
		setScore(K.windows, key, false)
	end
end
