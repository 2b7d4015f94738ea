-- Deliveries: what a take chose is leased, answered and remembered.
-- request: memory (key that remembers the request), memoryMs (for how long), leaseMs, max, worker (JSON text or empty), marks (true or false). An answer
-- is lists of the ids, ends of their leases (one, where all are the same), JOBS, OPTS and TRIES texts (false for none; an empty list where no job has
-- any), and what is said with them.

-- The OPTS and TRIES of the ids have been fetched.
function lib.readRecords(answer, ids)
	if #ids == 0 then
		return
	end
	local opts, tries, from = read[K.opts], read[K.tries], #answer[3]
	append(answer[3], redis.call('HMGET', K.jobs, unpack(ids)))
	for i = 1, #ids do
		if opts then
			answer[4][from + i] = opts[ids[i]] or false
		end
		if tries then
			answer[5][from + i] = tries[ids[i]] or false
		end
	end
end

-- Leases the jobs of a plan. Returns the ends of their leases, and the earliest.
local function leaseAll(ids, request, at)
	local active, opts, ends = batch('ZADD', K.active), read[K.opts], {}
	local first = at + request.leaseMs
	local common = int(first)
	for i = 1, #ids do
		local id = ids[i]
		local own = opts and opts[id] and lib.leaseSpecial(id, opts[id], request, at)
		first = own and math.min(first, own) or first
		ends[i] = own and int(own) or common
		active[2 * i - 1] = ends[i]
		active[2 * i] = id
	end
	if request.marks or request.worker ~= '' then
		lib.writeRuns(ids, request)
	end
	return ends, first
end

local function writeTake(plan, answer, request, at)
	lib.readRecords(answer, plan.ids)
	if #plan.ids > 0 then
		local ends, first = leaseAll(plan.ids, request, at)
		append(answer[1], plan.ids)
		append(answer[2], ends)
		lib.announceLease(at, first)
	end
	if plan.opens then
		lib.keepOpening(plan.opens)
	end
	lib.writeTurns(plan)
	if plan.topic or plan.isGoverned then
		lib.writeLogs(plan)
	end
	lib.writeRings()
	writeChanges(at)
end

-- One round: as many jobs as can be chosen before one of them hands its key over. Returns whether there may be more, and whether a bound was met.
local function takeRound(answer, request, at)
	local plan = lib.planTake(at, request.max - #answer[1])
	fetchJobs(plan.ids)
	local count = #plan.ids > 0 and has(K.opts) and has(K.keys) and lib.countUntilHandOver(plan.ids, at)
	local last = count and jobOf(plan.ids[count], 'waiting')
	-- Not even lanes behind the last of them may have been looked at, and held: what the key frees enters a ring in which they still stand.
	if count and count < plan.want then
		groups = {}
		plan = lib.planTake(at, count)
	end
	writeTake(plan, answer, request, at)
	if last then
		lib.handOver(last, at)
	end
	return last and #answer[1] < request.max, plan.isTired
end

-- The tokens of the deliveries are remembered: `expiresAt id token id token …`.
local function writeMemory(answer, request, at)
	local memories = { int(at + request.memoryMs) }
	for i, id in ipairs(answer[1]) do
		local tries = answer[5][i]
		memories[i + 1] = id .. (tries and ' ' .. int(string.match(tries, '^%d+ (%d+)') + 1) or ' 1')
	end
	redis.call('SET', request.memory, table.concat(memories, ' '), 'PX', int(request.memoryMs))
end

local MOST_ROUNDS = 50

-- A whole take. CONF has been read. Says `recalled` with the answer of an earlier one, `due` where jobs must expire before anything is taken, and `more`
-- where nothing was taken but there is still something to pass over.
function lib.take(at, request)
	local memory = redis.call('GET', request.memory)
	local recalled = memory and lib.recallTake(memory, at)
	if recalled then
		return recalled
	end
	local answer = { {}, {}, {}, {}, {}, '' }
	if request.max == 0 then
		return answer
	end
	lookFor(K.opening, K.startBy, K.tries, K.opts, K.keys)
	if (has(K.opening) or has(K.startBy)) and lib.isOverdue(at) then
		answer[6] = 'due'
		return answer
	end
	check(K.active, 'ZCARD')
	-- When a take last asked, to the second.
	if conf.seq and math.abs(at - (conf.lastTakeAt or 0)) >= 1000 then
		put(K.conf, 'lastTakeAt', int(at))
	end
	local goesOn, isTired, rounds = true, false, 0
	while goesOn and rounds < MOST_ROUNDS do
		goesOn, isTired = takeRound(answer, request, at)
		rounds = rounds + 1
	end
	if #answer[1] > 0 then
		writeMemory(answer, request, at)
		answer[2] = shorten(answer[2])
	elseif isTired then
		answer[6] = 'more'
	end
	return answer
end
