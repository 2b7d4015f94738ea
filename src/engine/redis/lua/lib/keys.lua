-- How unique keys change hands, as the jobs that hold them move.

-- The job of that id has the key from now on. unique: as in OPTS.
function lib.holdKey(id, unique, at)
	local window = tonumber(unique.s)
	put(K.keys, unique.k, id .. ' ' .. (window and int(at + window) or ''))
	if window then
		setScore(K.windows, unique.k, int(at + window))
	elseif lib.isUsed(K.windows) then
		setScore(K.windows, unique.k, false)
	end
end

local function leaveLine(key, id)
	setScore(lib.lineOf(key), id, false)
	put(K.queued, id, false)
end

-- The next in line has the key: it waits, or is delayed if its own time has not come.
local function advanceLine(key, id, at)
	local due = tonumber(field(K.queued, id))
	local job = jobOf(id, 'delayed')
	leaveLine(key, id)
	lib.holdKey(id, optionsOf(job).u, at)
	if due > at then
		lib.addDue(K.delayed, id, due)
	else
		setScore(K.delayed, id, false)
		job.state = 'waiting'
		lib.join(lib.laneOf(job.lane, job.priority, job.group), id, 'tail')
	end
end

-- The key goes to the next in line, if the job held it; a job that only waited for it leaves the line.
function lib.giveUpKey(job, at)
	local key = optionsOf(job).u.k
	local holder = string.match(field(K.keys, key) or '', '^%d+')
	if holder ~= job.id then
		if field(K.queued, job.id) then
			leaveLine(key, job.id)
		end
		return
	end
	local nextId = lib.inLine(key)
	if nextId then
		advanceLine(key, nextId, at)
	else
		lib.leaveKey(key)
	end
end

-- A job ended as `state`, or is about to be deleted. A window outlives the completion of its job, unless others wait behind it.
function lib.keyAfterEnd(job, state, at)
	local unique = optionsOf(job).u
	if unique and not (state == 'completed' and tonumber(unique.s) and not lib.inLine(unique.k)) then
		lib.giveUpKey(job, at)
	end
end
