-- How unique keys change hands, as the jobs that hold them move.

-- The job of that id has the key from now on. unique: as in OPTS.
local function holdKey(id, unique, at)
	local window = tonumber(unique.s)
	put(K.keys, unique.k, id .. ' ' .. (window and int(at + window) or ''))
	if window then
		add(K.windows, int(at + window), unique.k)
	elseif has(K.windows) then
		remove(K.windows, unique.k)
	end
end

-- The next in line has the key: it waits, or is delayed if its own time has not come.
local function advanceLine(key, id, at)
	local due = tonumber(field(K.queued, id))
	local job = jobOf(id, 'delayed')
	remove(lineOf(key), id)
	drop(K.queued, id)
	holdKey(id, optionsOf(job).u, at)
	if due > at then
		addDue(K.delayed, due, id)
	else
		remove(K.delayed, id)
		job.state = 'waiting'
		joinLane(job, 'tail')
	end
end

-- The key goes to the next in line, if the job held it; a job that only waited for it leaves the line.
local function giveUpKey(job, at)
	local key = optionsOf(job).u.k
	local holder = string.match(field(K.keys, key) or '', '^%d+')
	if holder ~= job.id then
		if field(K.queued, job.id) then
			remove(lineOf(key), job.id)
			drop(K.queued, job.id)
		end
		return
	end
	local nextId = inLine(key)
	if nextId then
		advanceLine(key, nextId, at)
	else
		leaveKey(key)
	end
end

-- A job ended as `state`, or is about to be deleted. A window outlives the completion of its job, unless others wait behind it.
local function keyAfterEnd(job, state, at)
	local unique = optionsOf(job).u
	if unique and not (state == 'completed' and tonumber(unique.s) and not inLine(unique.k)) then
		giveUpKey(job, at)
	end
end
