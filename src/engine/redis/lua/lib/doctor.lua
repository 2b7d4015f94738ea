-- Examinations: whether records and indexes agree. A step looks at a part of the topic; where the next one begins is a part of PARTS, and a place in it,
-- a text that only the part reads (empty for its beginning).

-- Each has the function that walks it. Indexes of jobs go before the records: what stands in one and has no record must be gone before a record is looked for
-- in vain.
local PARTS = {
	{ walk = 'walkScan', look = 'lookAtState', key = 'active' },
	{ walk = 'walkScan', look = 'lookAtState', key = 'delayed' },
	{ walk = 'walkScan', look = 'lookAtState', key = 'completed' },
	{ walk = 'walkScan', look = 'lookAtState', key = 'dead' },
	{ walk = 'walkScan', look = 'lookAtState', key = 'cancelled' },
	{ walk = 'walkRings' },
	{ walk = 'walkScan', look = 'lookAtGrouped', key = 'grouped' },
	{ walk = 'walkScan', look = 'lookAtHeld', key = 'held' },
	{ walk = 'walkLanes' },
	{ walk = 'walkJobs' },
	{ walk = 'walkScan', look = 'lookAtSlots', key = 'slots' },
	{ walk = 'walkScan', look = 'lookAtStartBy', key = 'startBy' },
	{ walk = 'walkScan', look = 'lookAtRuns', key = 'runs', isHash = true },
	{ walk = 'walkScan', look = 'lookAtQueued', key = 'queued', isHash = true },
	{ walk = 'walkScan', look = 'lookAtFields', key = 'opts', isHash = true },
	{ walk = 'walkScan', look = 'lookAtFields', key = 'tries', isHash = true },
	{ walk = 'walkScan', look = 'lookAtFields', key = 'results', isHash = true },
	{ walk = 'walkScan', look = 'lookAtFields', key = 'progress', isHash = true },
	{ walk = 'walkScan', look = 'lookAtFields', key = 'history', isHash = true },
	{ walk = 'walkScan', look = 'lookAtFields', key = 'terms', isHash = true },
	{ walk = 'walkScan', look = 'lookAtFields', key = 'sizes', isHash = true },
	{ walk = 'walkScan', look = 'lookAtKeys', key = 'keys', isHash = true },
	{ walk = 'walkScan', look = 'lookAtWindows', key = 'windows' },
	{ walk = 'walkScan', look = 'lookAtGaps', key = 'gaps', isHash = true },
	{ walk = 'walkBytes' },
}

-- What was found, how many entries were looked at, whether what is found is mended, and whether the lanes were found wrong.
-- Set when an examination begins, so that no other script has to.
local found, looked, mends, isSuspect

-- target: as in core/doctor.ts, but `job NUMBER` for a job. mend: makes the changes, or nil where nothing is certain.
function lib.report(code, target, detail, mend)
	local isMended = mends and mend and true
	if isMended then
		mend()
		-- Whatever was out of reach may be taken now.
		wakes = true
	end
	found[#found + 1] = { code, target, detail, isMended and 1 or 0 }
end

function lib.suspect()
	isSuspect = true
end

function lib.isSuspect()
	return isSuspect
end

function lib.countLooked(count)
	looked = looked + count
end

-- Values come with the fields of a hash in every Redis that Millrace runs on, and may be long: so many fields at once.
local FIELDS_AT_ONCE = 20

-- One page of a hash or a sorted set: whatever stands there all the time comes at least once. Returns the place of the next page, the members and their
-- values.
function lib.scan(key, isHash, place, room)
	local count = isHash and math.min(room, FIELDS_AT_ONCE) or room
	local cursor = string.match(place, '^%d+$') or '0'
	local reply = redis.call(isHash and 'HSCAN' or 'ZSCAN', key, cursor, 'COUNT', count)
	local members, values = {}, {}
	for i = 1, #reply[2], 2 do
		members[#members + 1], values[#values + 1] = reply[2][i], reply[2][i + 1]
	end
	checked[key] = true
	return reply[1] ~= '0' and reply[1] or '', members, values
end

function lib.walkScan(part, place, room)
	local key = K[part.key]
	if not has(key) then
		return ''
	end
	local nextPlace, members, values = lib.scan(key, part.isHash, place, room)
	lib.countLooked(#members)
	-- A small set comes as a whole, whatever was asked for, and Lua can pass on some 8,000 arguments.
	for from = 1, #members, 1000 do
		local to = math.min(from + 999, #members)
		lib[part.look]({ unpack(members, from, to) }, { unpack(values, from, to) }, part.key)
	end
	return nextPlace
end

-- One step: as many parts as come to `limit` entries. Where something was mended the step ends, so that the next one sees it written.
-- Returns entries looked at, what was found, the part and the place of the next step (empty at the end), and whether the lanes were found wrong.
function lib.examine(index, place, suspect, limit, mending)
	found, looked, mends, isSuspect = {}, 0, mending, suspect
	lib.forgetLanes()
	while PARTS[index] and looked < limit and searched <= SEARCH_ENOUGH and not (mends and #found > 0) do
		local part = PARTS[index]
		place = lib[part.walk](part, place, limit - looked)
		index = place == '' and index + 1 or index
	end
	return { looked, found, PARTS[index] and int(index) or '', place, isSuspect and 1 or 0 }
end
