-- Examinations of unique keys, of the jobs that wait for their holders, and of the bytes that a budget counts.

-- Why the job of that id is not one that holds the key; nil when it is. A window outlives its job, whatever became of it but dead or cancelled.
local function whyNotHolder(job, key, windowEnd)
	local unique = job and optionsOf(job).u
	if not job then
		return windowEnd == '' and 'is gone' or nil
	elseif not unique or unique.k ~= key then
		return 'has not this key'
	elseif job.state == 'waiting' or job.state == 'delayed' then
		return nil
	elseif tonumber(unique.s) then
		return (job.state == 'dead' or job.state == 'cancelled') and 'is ' .. job.state or nil
	elseif job.state ~= 'active' or unique.s == 'w' then
		return 'is ' .. job.state
	end
end

-- Whether a job can take a key that comes to it in its line.
local function canFollow(id)
	local job = lib.recordedJobs({ id })[1]
	return job and job.state == 'delayed' and optionsOf(job).u and field(K.queued, id)
end

local function passOn(id, key, at)
	local nextId = lib.inLine(key)
	while nextId and not canFollow(nextId) do
		setScore(lib.lineOf(key), nextId, false)
		nextId = lib.inLine(key)
	end
	lib.giveUpKey({ id = id, json = '{}', options = { u = { k = key } } }, at)
end

function lib.lookAtKeys(keys, texts)
	local at = readNow(ARGV[1])
	for i, key in ipairs(keys) do
		local id, windowEnd = string.match(texts[i], '^(%d+) (%d*)$')
		local why = id and whyNotHolder(lib.recordedJobs({ id })[1], key, windowEnd) or (not id and 'has no number')
		if why then
			lib.report('key_without_owner', 'key ' .. key, why, function()
				if id then
					passOn(id, key, at)
				else
					lib.leaveKey(key)
				end
			end)
		end
	end
end

function lib.lookAtWindows(keys)
	for _, key in ipairs(keys) do
		if not string.match(field(K.keys, key) or '', ' %d+$') then
			lib.report('stray_field', 'key ' .. key, 'windows', function()
				setScore(K.windows, key, false)
			end)
		end
	end
end

-- The key is free: the job holds it, and is due. Otherwise it stands in line again.
local function free(job, key, at)
	if field(K.keys, key) then
		setScore(lib.lineOf(key), job.id, job.id)
		put(K.queued, job.id, field(K.queued, job.id) or int(at))
		return
	end
	setScore(lib.lineOf(key), job.id, false)
	put(K.queued, job.id, false)
	lib.holdKey(job.id, optionsOf(job).u, at)
	lib.addDue(K.delayed, job.id, at)
end

-- One that waits for the holder of its key must stand in line for one that is held.
function lib.lookAtDelayed(job)
	if lib.scoreOf(K.delayed, job.id) < FAR then
		return
	end
	local unique, at, why = optionsOf(job).u, readNow(ARGV[1]), nil
	if not unique then
		why = 'it has no time'
	elseif not field(K.keys, unique.k) then
		why = 'nobody holds the key that it waits for'
	elseif not field(K.queued, job.id) or not lib.scoreOf(lib.lineOf(unique.k), job.id) then
		why = 'it does not stand in the line of its key'
	end
	if why then
		lib.report('never_due', 'job ' .. job.id, why, function()
			if unique then
				free(job, unique.k, at)
			else
				lib.addDue(K.delayed, job.id, at)
			end
		end)
	end
end

-- Topics with more jobs that count than this are not added up.
local MOST_WEIGHED = 1000

local function checkBytes(kind, bytes)
	local told = lib.used(kind)
	if told ~= bytes then
		local numbers = int(told) .. ' ' .. kind .. ' bytes by the count, and ' .. int(bytes) .. ' when they are added up'
		lib.report('count_differs', 'count ' .. kind .. 'Bytes', numbers, function()
			put(K.conf, kind .. 'Used', int(bytes))
		end)
	end
end

function lib.walkBytes()
	local count = redis.call('HLEN', K.sizes)
	if not conf.countedFrom or count > MOST_WEIGHED then
		return ''
	end
	local ids, bytes = count > 0 and redis.call('HKEYS', K.sizes) or {}, { waiting = 0, finished = 0 }
	for i, job in ipairs(#ids > 0 and lib.recordedJobs(ids) or {}) do
		local isOpen = job and (job.state == 'waiting' or job.state == 'delayed' or job.state == 'active')
		if job then
			local kind = isOpen and 'waiting' or 'finished'
			bytes[kind] = bytes[kind] + lib.sizeOf(ids[i])
		end
	end
	lib.countLooked(#ids)
	checkBytes('waiting', bytes.waiting)
	checkBytes('finished', bytes.finished)
	return ''
end
