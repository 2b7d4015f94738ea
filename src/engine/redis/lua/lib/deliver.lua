-- @lazy
-- Deliveries: what a take chose is leased, answered and remembered.
-- request: memory (names the request), memoryMs (for how long it is remembered), leaseMs, max, worker (JSON text or empty), marks (true or
-- false). An answer is lists of the ids, ends of their leases, JOBS, OPTS and TRIES texts (false for none), and what is said with them.

local function newAnswer()
	return { {}, {}, {}, {}, {}, '' }
end

local function append(list, more)
	for i = 1, #more do
		list[#list + 1] = more[i]
	end
end

-- The OPTS and TRIES of the ids have been fetched.
local function readRecords(answer, ids)
	if #ids == 0 then
		return
	end
	append(answer[3], redis.call('HMGET', K.jobs, unpack(ids)))
	local opts, tries = read[K.opts] or {}, read[K.tries] or {}
	local from = #answer[4]
	for i = 1, #ids do
		answer[4][from + i] = opts[ids[i]] or false
		answer[5][from + i] = tries[ids[i]] or false
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
			append(answer[1], { id })
			append(answer[2], { leases[i] })
		end
	end
	readRecords(answer, answer[1])
	answer[6] = 'recalled'
	return answer
end

local function writeMemory(key, answer, at, memoryMs)
	local memories = { int(at + memoryMs) }
	for i, id in ipairs(answer[1]) do
		local token = answer[5][i] and string.match(answer[5][i], '^%d+ (%d+)')
		memories[i + 1] = token and id .. ' ' .. int(token + 1) or id .. ' 1'
	end
	redis.call('SET', key, table.concat(memories, ' '), 'PX', int(memoryMs))
end

-- Leases a job that has options or a group. Returns the end of the lease if it is its own.
local function leaseSpecial(id, text, request, at)
	local lane, json = string.match(text, '^([^\n]*)\n(.*)$')
	local colon = string.find(lane, ':', 1, true)
	if colon then
		local slots = batch('ZADD', K.slots)
		slots[#slots + 1] = '0'
		slots[#slots + 1] = string.sub(lane, colon + 1) .. '\n' .. id
	end
	return json ~= '' and lib.leaseTimed(jobOf(id, 'waiting'), request, at) or nil
end

-- Leases the jobs of a plan. Returns the ends of their leases, and the earliest.
local function leaseAll(ids, request, at)
	local active, opts, ends = batch('ZADD', K.active), read[K.opts] or {}, {}
	local common, first = int(at + request.leaseMs), at + request.leaseMs
	for i = 1, #ids do
		local id = ids[i]
		local own = opts[id] and leaseSpecial(id, opts[id], request, at)
		first = own and math.min(first, own) or first
		ends[i] = own and int(own) or common
		active[2 * i - 1] = ends[i]
		active[2 * i] = id
	end
	if request.run then
		local runs = batch('HSET', K.runs)
		for i = 1, #ids do
			append(runs, { ids[i], request.runs[ids[i]] or request.run })
		end
	end
	return ends, first
end

local function writeTake(plan, answer, request, at)
	readRecords(answer, plan.ids)
	if #plan.ids > 0 then
		local ends, first = leaseAll(plan.ids, request, at)
		append(answer[1], plan.ids)
		append(answer[2], ends)
		lib.announceLease(at, first)
	end
	if plan.opens and redis.call('EXISTS', K.prios) == 1 and lib.scoreOf(K.opening, '') ~= plan.opens then
		lib.addDue(K.opening, '', plan.opens)
	end
	lib.writeTurns(plan)
	if plan.topic or plan.isGoverned then
		lib.writeLogs(plan)
	end
	lib.writeRings()
	writeChanges(at)
end

-- One round of a take: as many jobs as can be chosen before one of them hands its key over. Returns whether there may be more, and whether a bound was met.
local function takeRound(answer, request, at)
	local plan = lib.planTake(at, request.max - #answer[1])
	fetchJobs(plan.ids)
	local count = has(K.opts) and has(K.keys) and lib.countUntilHandOver(plan.ids, at)
	local last = count and jobOf(plan.ids[count], 'waiting')
	if count and count < #plan.ids then
		groups = {}
		plan = lib.planTake(at, count)
	end
	writeTake(plan, answer, request, at)
	if last then
		lib.startAnew()
		lib.handOver(last, at)
		lib.startAnew()
	end
	return last and #answer[1] < request.max, plan.isTired
end

-- When a take last asked, to the second.
local function keepLastTake(at)
	local last = tonumber(conf.lastTakeAt or '')
	if conf.seq and (not last or math.abs(at - last) >= 1000) then
		put(K.conf, 'lastTakeAt', int(at))
	end
end

function lib.readTakeConf()
	readConf('seq', 'paused', 'pausedUntil', 'parkedUntil', 'limit', 'rate', 'groupLimit', 'groupRate', 'reclaimAt', 'lastTakeAt')
	checked[K.conf] = true
end

-- True where jobs must expire before anything is taken. Groups are opened here.
local function isOverdue(at)
	if redis.call('EXISTS', K.opening, K.startBy) == 0 then
		return false
	end
	lib.openDue(at)
	lib.writeRings()
	writeChanges(at)
	lib.startAnew()
	return has(K.startBy) and lib.earliest(K.startBy) <= at
end

local MOST_ROUNDS = 50

-- A whole take. Says `recalled` with the answer of an earlier one, `due` where jobs must expire before anything is taken, and `more` where nothing was
-- taken but there is still something to pass over.
function lib.take(at, request)
	local key = P .. 'take:' .. request.memory
	local recalled = recallTake(key, at)
	if recalled then
		return recalled
	end
	local answer, rounds, goesOn, isTired = newAnswer(), 0, request.max > 0, false
	if goesOn and isOverdue(at) then
		answer[6] = 'due'
		return answer
	end
	check(K.active, 'ZCARD')
	keepLastTake(at)
	if request.marks or request.worker ~= '' then
		request.run, request.runs = (request.marks and '0 - ' or '1 - ') .. request.worker, {}
	end
	while goesOn and rounds < MOST_ROUNDS do
		goesOn, isTired = takeRound(answer, request, at)
		rounds = rounds + 1
	end
	if #answer[1] > 0 then
		writeMemory(key, answer, at, request.memoryMs)
	elseif isTired then
		answer[6] = 'more'
	end
	return answer
end
