-- Waiting jobs that leave their lane from anywhere. Taking an entry out of a list moves all behind it, so its number is made negative
-- instead: a gap, which readers skip. GAPS has how many a list holds; they go when they come to stand at one of its ends.

-- Takes back a job that joined in this script.
local function unjoin(lane, id)
	for _, ids in ipairs({ lane.tail, lane.head, lane.front }) do
		for i = #ids, 1, -1 do
			if ids[i] == id then
				table.remove(ids, i)
				return true
			end
		end
	end
	return false
end

-- How many entries of a page that begins at an end of the list are gaps before the first job.
local function gapsBefore(entries, from, step)
	local count = 0
	for i = from, from + (#entries - 1) * step, step do
		if string.sub(entries[i], 1, 1) ~= '-' then
			break
		end
		count = count + 1
	end
	return count
end

local FIRST_PAGE, PAGE, PAGES = 8, 500, 20

-- Cuts off the gaps at one end, up to some thousands. Returns how many.
local function trimEnd(key, atHead)
	local trimmed = 0
	for i = 1, PAGES do
		local page = i == 1 and FIRST_PAGE or PAGE
		local entries = redis.call('LRANGE', key, atHead and 0 or -page, atHead and page - 1 or -1)
		local count = gapsBefore(entries, atHead and 1 or #entries, atHead and 1 or -1)
		if count > 0 then
			redis.call('LTRIM', key, atHead and count or 0, atHead and -1 or -count - 1)
		end
		trimmed = trimmed + count
		if count < page then
			break
		end
	end
	return trimmed
end

local function keepGaps(lane, count)
	if count > 0 then
		put(K.gaps, lane.name, int(count))
	elseif lane.gaps > 0 then
		put(K.gaps, lane.name, false)
	end
end

-- Writes what left the lane, before anything joins it.
local function closeGaps(lane)
	if lane.length == lane.gaps + #lane.left then
		redis.call('DEL', lane.key)
		return keepGaps(lane, 0)
	end
	local gaps, atHead, atTail = lane.gaps + #lane.left, false, false
	for _, left in ipairs(lane.left) do
		redis.call('LSET', lane.key, left.index, '-' .. left.id)
		atHead = atHead or left.index == 0
		atTail = atTail or left.index == lane.length - 1
	end
	if atHead then
		gaps = gaps - trimEnd(lane.key, true)
	end
	if atTail then
		gaps = gaps - trimEnd(lane.key, false)
	end
	keepGaps(lane, gaps)
end

-- An empty lane is gone from its ring, or from those that are held.
local function dissolve(lane)
	if lane.group then
		setScore(K.grouped, lane.name, false)
		local member = lane.group .. '\n' .. int(lane.priority)
		if lib.scoreOf(K.held, member) then
			setScore(K.held, member, false)
			return
		end
	end
	lib.leaveRing(lane)
end

local function readGaps(lane)
	if not lane.gaps then
		lane.gaps = tonumber(field(K.gaps, lane.name) or 0)
		lane.left, lane.close = {}, closeGaps
		lane.stock = lane.stock - lane.gaps
	end
end

local function countOut(lane)
	lane.stock = lane.stock - 1
	if lane.stock == 0 then
		dissolve(lane)
	end
end

local function leaveLane(lane, id)
	readGaps(lane)
	if not unjoin(lane, id) then
		local index = lib.indexIn(lane, id)
		if not index then
			return
		end
		lane.left[#lane.left + 1] = { index = index, id = id }
	end
	countOut(lane)
end

-- An entry goes of which the place is known.
function lib.dropEntry(lane, index, id)
	readGaps(lane)
	lane.left[#lane.left + 1] = { index = index, id = id }
	countOut(lane)
end

-- A job leaves its lane otherwise than by a take: what the group's rate held back was perhaps this job alone.
function lib.withdraw(job)
	leaveLane(lib.laneOf(job.lane, job.priority, job.group), job.id)
	if job.group then
		lib.reopen(job.group)
	end
end
