-- Deliveries: what a take chose is leased, answered and remembered.
-- request: memory (names the request), memoryMs (for how long it is remembered), leaseMs, max, worker (JSON text or empty), marks (true or
-- false). An answer is lists of the ids, ends of their leases, JOBS, OPTS and TRIES texts (false for none).

local function newAnswer()
	return { ids = {}, ends = {}, records = {}, opts = {}, tries = {}, tokens = {} }
end

local function append(list, more)
	for _, one in ipairs(more) do
		list[#list + 1] = one
	end
end

-- The OPTS and TRIES of the ids have been fetched.
local function readRecords(answer, ids)
	append(answer.records, #ids > 0 and redis.call('HMGET', K.jobs, unpack(ids)) or {})
	for _, id in ipairs(ids) do
		answer.opts[#answer.opts + 1] = field(K.opts, id) or false
		answer.tries[#answer.tries + 1] = field(K.tries, id) or false
	end
end

-- What a repeated take gives: the deliveries that it made and that still live. The memory is `expiresAt id token id token …`.
local function recallTake(key, at)
	local expiresAt, deliveries = string.match(redis.call('GET', key) or '', '^(%d+) (.*)$')
	if not expiresAt or tonumber(expiresAt) <= at then
		return nil
	end
	local ids, tokens, answer = {}, {}, newAnswer()
	for id, token in string.gmatch(deliveries, '(%d+) (%d+)') do
		ids[#ids + 1] = id
		tokens[#tokens + 1] = token
	end
	local leases = redis.call('ZMSCORE', K.active, unpack(ids))
	fetchJobs(ids)
	for i, id in ipairs(ids) do
		local _, lastToken = readTries(field(K.tries, id))
		if leases[i] and tokens[i] == int(lastToken + 1) then
			answer.ids[#answer.ids + 1] = id
			answer.ends[#answer.ends + 1] = leases[i]
		end
	end
	readRecords(answer, answer.ids)
	return answer
end

local function writeMemory(key, answer, at, memoryMs)
	local memories = { int(at + memoryMs) }
	for i, id in ipairs(answer.ids) do
		memories[i + 1] = id .. ' ' .. answer.tokens[i]
	end
	redis.call('SET', key, table.concat(memories, ' '), 'PX', int(memoryMs))
end

-- Returns the end of the lease.
local function leaseJob(job, request, at)
	local options = optionsOf(job)
	local runUntil = options.t and at + options.t
	local expiresAt = math.min(at + request.leaseMs, runUntil or math.huge)
	add(K.active, int(expiresAt), job.id)
	if job.group then
		add(K.slots, '0', slotOf(job))
	end
	if options.l then
		remove(K.startBy, job.id)
	end
	if request.marks or request.worker ~= '' or runUntil then
		local started = request.marks and '0 ' or '1 '
		put(K.runs, job.id, started .. (runUntil and int(runUntil) or '-') .. ' ' .. request.worker)
	end
	return expiresAt
end

-- A job that holds its key only until it is taken gives it up.
local function givesUpKey(job, at)
	local unique = optionsOf(job).u
	return unique and unique.s == 'w' and holderOf(unique.k, at) == job.id and unique.k or nil
end

-- How many of the chosen jobs can be leased before another, which waited for the key of the last of them, comes into play.
local function countUntilHandOver(ids, at)
	for i, id in ipairs(ids) do
		local key = givesUpKey(jobOf(id, 'waiting'), at)
		if key and inLine(key) then
			return i
		end
	end
	return nil
end

local function writeTake(plan, answer, request, at)
	readRecords(answer, plan.ids)
	local first = math.huge
	for _, id in ipairs(plan.ids) do
		local job = jobOf(id, 'waiting')
		local expiresAt = leaseJob(job, request, at)
		first = math.min(first, expiresAt)
		answer.ids[#answer.ids + 1] = id
		answer.ends[#answer.ends + 1] = int(expiresAt)
		answer.tokens[#answer.tokens + 1] = int(job.token + 1)
		local key = givesUpKey(job, at)
		if key and not inLine(key) then
			leaveKey(key)
		end
	end
	if #plan.ids > 0 then
		announceLease(at, first)
	end
	if plan.opens and redis.call('EXISTS', K.prios) == 1 and scoreOf(K.opening, '') ~= plan.opens then
		addDue(K.opening, plan.opens, '')
	end
	writeTurns(plan)
	writeLogs(plan)
	writeRings()
	writeChanges(at)
end

-- One round of a take: as many jobs as can be chosen before one of them hands its key over. Returns whether there may be more.
local function takeRound(answer, request, at)
	local plan = planTake(at, request.max - #answer.ids)
	fetchJobs(plan.ids)
	local count = has(K.opts) and has(K.queued) and countUntilHandOver(plan.ids, at)
	local last = count and jobOf(plan.ids[count], 'waiting')
	if count and count < #plan.ids then
		groups = {}
		plan = planTake(at, count)
	end
	writeTake(plan, answer, request, at)
	if last then
		giveUpKey(last, at)
		writeLanes()
		writeRings()
		writeChanges(at)
	end
	groups, jobs = {}, {}
	return last ~= nil and #answer.ids < request.max, plan.isTired
end

-- When a take last asked, to the second.
local function keepLastTake(at)
	local last = tonumber(conf.lastTakeAt or '')
	if conf.seq and (not last or math.abs(at - last) >= 1000) then
		put(K.conf, 'lastTakeAt', int(at))
	end
end

local function readTakeConf()
	readConf('seq', 'paused', 'pausedUntil', 'parkedUntil', 'limit', 'rate', 'groupLimit', 'groupRate', 'reclaimAt', 'lastTakeAt')
	checked[K.conf] = true
end

local MOST_ROUNDS = 50

-- A whole take. Returns the answer, and `recalled` for that of an earlier one, `due` where jobs must expire before anything is taken, `more`
-- where there is still something to pass over.
local function take(at, request)
	local key = P .. 'take:' .. request.memory
	local recalled = recallTake(key, at)
	if recalled then
		return recalled, 'recalled'
	end
	local answer, rounds, goesOn, isTired = newAnswer(), 0, request.max > 0, false
	if not goesOn then
		return answer, ''
	end
	lookFor(K.opening, K.startBy)
	openDue(at)
	keepLastTake(at)
	redis.call('ZCARD', K.active)
	checked[K.active] = true
	if #changedKeys > 1 then
		writeRings()
		writeChanges(at)
	end
	if has(K.startBy) and earliest(K.startBy) <= at then
		return answer, 'due'
	end
	while goesOn and rounds < MOST_ROUNDS do
		goesOn, isTired = takeRound(answer, request, at)
		rounds = rounds + 1
	end
	if #answer.ids > 0 then
		writeMemory(key, answer, at, request.memoryMs)
	end
	return answer, isTired and #answer.ids == 0 and 'more' or ''
end

local function replyOf(answer, what)
	return { answer.ids, answer.ends, answer.records, answer.opts, answer.tries, what }
end
