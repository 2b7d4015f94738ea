-- What a take does for jobs with options, for workers with a name, and where something falls due.

-- Texts of RUNS that are a job's own, by id.
local ownRuns
eachCall(function()
	ownRuns = {}
end)

local function runText(request, runUntil)
	return (request.marks and '0 ' or '1 ') .. (runUntil and int(runUntil) or '-') .. ' ' .. request.worker
end

local function addRun(id, text)
	local runs = batch('HSET', K.runs)
	runs[#runs + 1] = id
	runs[#runs + 1] = text
end

function lib.writeRuns(ids, request)
	local common, runs = runText(request, nil), batch('HSET', K.runs)
	local from = #runs
	for i = 1, #ids do
		if not ownRuns[ids[i]] then
			runs[from + 1], runs[from + 2] = ids[i], common
			from = from + 2
		end
	end
end

-- Leases a job that has options or a group: text is that of OPTS. Returns the end of the lease if it is not that of all.
function lib.leaseSpecial(id, text, request, at)
	local lane, json = string.match(text, '^([^\n]*)\n(.*)$')
	local colon = string.find(lane, ':', 1, true)
	if colon then
		local slots = batch('ZADD', K.slots)
		slots[#slots + 1] = '0'
		slots[#slots + 1] = string.sub(lane, colon + 1) .. '\n' .. id
	end
	if json == '' then
		return nil
	end
	local options = optionsOf(jobOf(id, 'waiting'))
	if options.l then
		setScore(K.startBy, id, false)
	end
	if not options.t then
		return nil
	end
	ownRuns[id] = true
	addRun(id, runText(request, at + options.t))
	return math.min(at + request.leaseMs, at + options.t)
end

-- How many of the chosen jobs can be leased before another, which waited for the key of the last of them, comes into play; nil for all of them. A job that
-- holds its key only until it is taken gives it up.
function lib.countUntilHandOver(ids, at)
	for i, id in ipairs(ids) do
		local unique = optionsOf(jobOf(id, 'waiting')).u
		if unique and unique.s == 'w' and lib.holderOf(unique.k, at) == id then
			if lib.inLine(unique.k) then
				return i
			end
			lib.leaveKey(unique.k)
		end
	end
	return nil
end

-- The key of a job that was taken goes to the next in line.
function lib.handOver(job, at)
	startReading()
	lib.giveUpKey(job, at)
	lib.writeLanes()
	lib.writeRings()
	writeChanges(at)
	startReading()
end

-- When a topic that is blocked may give jobs again: OPENING has it under the empty name.
function lib.keepOpening(opens)
	if redis.call('EXISTS', K.prios) == 1 and lib.scoreOf(K.opening, '') ~= opens then
		lib.addDue(K.opening, '', opens)
	end
end

-- True where jobs must expire before anything is taken. Groups are opened here.
function lib.isOverdue(at)
	lib.openDue(at)
	lib.writeRings()
	writeChanges(at)
	startReading()
	return has(K.startBy) and lib.earliest(K.startBy) <= at
end

-- What a repeated take gives: the deliveries that it made and that still live; nil when it is too old.
function lib.recallTake(memory, at)
	local expiresAt, deliveries = string.match(memory, '^(%d+) (.*)$')
	if tonumber(expiresAt) <= at then
		return nil
	end
	local ids, tokens, answer = {}, {}, { {}, {}, {}, {}, {}, 'recalled' }
	for id, token in string.gmatch(deliveries, '(%d+) (%d+)') do
		ids[#ids + 1] = id
		tokens[#tokens + 1] = token
	end
	local leases = redis.call('ZMSCORE', K.active, unpack(ids))
	fetchJobs(ids)
	for i, id in ipairs(ids) do
		local _, lastToken = readTries(field(K.tries, id))
		if leases[i] and tokens[i] == int(lastToken + 1) then
			answer[1][#answer[1] + 1] = id
			answer[2][#answer[2] + 1] = leases[i]
		end
	end
	lib.readRecords(answer, answer[1])
	return answer
end
