-- @rare
-- How unique keys change hands, as the jobs that hold them move.

-- The job of that id has the key from now on. unique: as in OPTS.
function rare.holdKey(id, unique, at)
	local window = tonumber(unique.s)
	put(K.keys, unique.k, id .. ' ' .. (window and int(at + window) or ''))
	if window then
		setScore(K.windows, unique.k, int(at + window))
	elseif isUsed(K.windows) then
		setScore(K.windows, unique.k, false)
	end
end

local function leaveLine(key, id)
	setScore(rare.lineOf(key), id, false)
	put(K.queued, id, false)
end

-- The next in line has the key: it waits, or is delayed if its own time has not come.
local function advanceLine(key, id, at)
	local due = tonumber(field(K.queued, id))
	local job = jobOf(id, 'delayed')
	leaveLine(key, id)
	rare.holdKey(id, optionsOf(job).u, at)
	if due > at then
		addDue(K.delayed, id, due)
	else
		setScore(K.delayed, id, false)
		job.state = 'waiting'
		join(laneOf(job.lane, job.priority, job.group), id, 'tail')
	end
end

-- The key goes to the next in line, if the job held it; a job that only waited for it leaves the line.
function rare.giveUpKey(job, at)
	local key = optionsOf(job).u.k
	local holder = string.match(field(K.keys, key) or '', '^%d+')
	if holder ~= job.id then
		if field(K.queued, job.id) then
			leaveLine(key, job.id)
		end
		return
	end
	local nextId = rare.inLine(key)
	if nextId then
		advanceLine(key, nextId, at)
	else
		rare.leaveKey(key)
	end
end

-- A job ended as `state`, or is about to be deleted. A window outlives the completion of its job, unless others wait behind it.
function rare.keyAfterEnd(job, state, at)
	local unique = optionsOf(job).u
	if unique and not (state == 'completed' and tonumber(unique.s) and not rare.inLine(unique.k)) then
		rare.giveUpKey(job, at)
	end
end
