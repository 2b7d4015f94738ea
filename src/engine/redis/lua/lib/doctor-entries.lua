-- Examinations of what stands in the lanes. A place is how many entries were looked at from the tail, and the lane. From the tail, since jobs join there and
-- leave at the head: a place counted from the head would slip past entries that were not looked at.

-- Lanes whose gaps are counted, by their length: longer ones would take too long.
local MOST_COUNTED = 10000

-- The next lane: first those without a group, then those of groups, each by priority.
local function laneAfter(name)
	local lane = name and lib.readLaneName(name)
	if not lane or not lane.group then
		local priority = lib.ringAfter(lane and lane.priority)
		if priority then
			return priority
		end
		return redis.call('ZRANGE', K.grouped, 0, 0)[1]
	end
	local rank = lib.rankAbove(K.grouped, 0 - lane.priority, name, false)
	return redis.call('ZRANGE', K.grouped, rank, rank)[1]
end

local function checkGaps(lane)
	local told, gaps = tonumber(field(K.gaps, lane.name) or 0), 0
	if lane.length > MOST_COUNTED then
		return
	end
	for _, entry in ipairs(redis.call('LRANGE', lane.key, 0, -1)) do
		gaps = gaps + (string.byte(entry) == 45 and 1 or 0)
	end
	searched = searched + lane.length / 10
	if told ~= gaps then
		local numbers = int(told) .. ' gaps by its count and ' .. int(gaps) .. ' when they are counted'
		lib.report('count_differs', 'count gaps', 'lane ' .. lane.name .. ' has ' .. numbers, function()
			put(K.gaps, lane.name, gaps > 0 and int(gaps))
		end)
	end
end

-- Why the job is not to stand here, as a code and a detail.
local function whyWrong(lane, job, isTwice)
	if not job then
		return 'no_record', 'lane ' .. lane.name
	elseif job.state ~= 'waiting' then
		return 'two_states', job.state .. ', lane ' .. lane.name
	elseif job.lane ~= lane.name then
		return 'no_lane', 'it stands in lane ' .. lane.name
	elseif isTwice then
		return 'two_states', 'twice in lane ' .. lane.name
	end
end

local function mend(lane, job, entry, code)
	lib.dropEntry(lane, entry.index, entry.id)
	if code == 'no_lane' then
		local own = lib.laneOf(job.lane, job.priority, job.group)
		if not lib.indexIn(own, job.id) then
			lib.join(own, job.id, 'tail')
		end
	end
end

-- entries: id and index in the list. Of one that stands twice the first stays.
local function lookAtEntries(lane, entries)
	local ids, seen = {}, {}
	for i, entry in ipairs(entries) do
		ids[i] = entry.id
	end
	for i, job in ipairs(#ids > 0 and lib.recordedJobs(ids) or {}) do
		local code, detail = whyWrong(lane, job, seen[ids[i]])
		seen[ids[i]] = true
		if code then
			lib.suspect()
			lib.report(code, 'job ' .. ids[i], detail, function()
				mend(lane, job, entries[i], code)
			end)
		end
	end
end

-- The entries of a page that are no gaps.
local function readEntries(lane, offset, room)
	local first, entries = math.max(0, lane.length - offset - room), {}
	for i, id in ipairs(redis.call('LRANGE', lane.key, first, lane.length - offset - 1)) do
		if string.byte(id) ~= 45 then
			entries[#entries + 1] = { id = id, index = first + i - 1 }
		end
	end
	return entries
end

function lib.walkLanes(_, place, room)
	local offsetText, name = string.match(place, '^(%d+) (.*)$')
	name = name or laneAfter(nil)
	if not name then
		return ''
	end
	local offset = tonumber(offsetText or 0)
	local read = lib.readLaneName(name)
	local lane = lib.laneOf(name, read.priority, read.group)
	if lane.length > offset then
		if offset == 0 then
			checkGaps(lane)
			if not lane.group then
				lib.checkReach(lane)
			end
		end
		lookAtEntries(lane, readEntries(lane, offset, room))
		lib.countLooked(math.min(room, lane.length - offset))
		if lane.length > offset + room then
			return int(offset + room) .. ' ' .. name
		end
	end
	lib.countLooked(1)
	local nextOne = laneAfter(name)
	return nextOne and '0 ' .. nextOne or ''
end
