-- Unique keys. KEYS of a topic: key → `number until`, the job that holds it and the end of its window, which is empty for a scope without one.
-- Jobs that wait for the holder stand in the key's line, in the order of their numbers, and in DELAYED behind all times.

local function lineOf(key)
	return P .. 'line:' .. key
end

-- The first in line, or with `last` the last; nil when nobody waits.
local function inLine(key, last)
	local line = lineOf(key)
	local added = changes[line] and changes[line].members or {}
	local first
	for _, id in ipairs(added) do
		if changes[line].values[id] then
			if last then
				first = id
			else
				first = first or id
			end
		end
	end
	if last and first then
		return first
	end
	local command, rank = last and 'ZREVRANGE' or 'ZRANGE', 0
	local id = has(line) and redis.call(command, line, 0, 0)[1]
	while id and decided(line, id) ~= nil do
		rank = rank + 1
		id = redis.call(command, line, rank, rank)[1]
	end
	return id or first
end

-- The id of the job that holds the key, or nil. While jobs wait behind a key it is held, also when its window is over.
local function holderOf(key, at)
	local text = field(K.keys, key)
	if not text then
		return nil
	end
	local id, untilText = string.match(text, '^(%d+) (%d*)$')
	local over = untilText ~= '' and tonumber(untilText) <= at
	return (not over or inLine(key)) and id or nil
end

local function leaveKey(key)
	drop(K.keys, key)
	if has(K.windows) then
		remove(K.windows, key)
	end
end
