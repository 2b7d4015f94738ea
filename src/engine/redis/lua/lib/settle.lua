-- Settles. ARGV from `argv`: number of transitions, the transitions, number of outcomes, and per outcome: id, token,
-- `transition` or `transition delayMs parkMs`, body (raw JSON of the result or the error, or empty).

local function settleOne(job, way, body, at)
	local transition = way.transition
	if transition.tells ~= '-' then
		local _, _, worker = lib.readRun(field(K.runs, job.id))
		lib.tell(job, transition.tells, at, worker, body)
		job.error = body
	elseif body ~= '' and transition.to == 'completed' then
		local results = batch('HSET', K.results)
		results[#results + 1] = job.id
		results[#results + 1] = body
	end
	local to = lib.apply(job, transition, at, way.delayMs)
	if way.parkMs then
		lib.park(job.group, at + way.parkMs)
	end
	return to
end

-- How outcomes end, by the text that says so: one for all that are alike.
local function readWays(argv)
	local transitions, count = {}, tonumber(ARGV[argv])
	for i = 1, count do
		transitions[i] = lib.readTransition(ARGV[argv + i])
	end
	local function read(known, text)
		local index, delay, parking = string.match(text, '^(%d+) ?(%d*) ?(%d*)$')
		local way = { transition = transitions[tonumber(index)], delayMs = tonumber(delay) or 0, parkMs = tonumber(parking) }
		way.isPlain = way.transition.to == 'completed' and not way.parkMs and not conf.countedFrom
		known[text] = way
		return way
	end
	return setmetatable({}, { __index = read }), argv + count + 1
end

-- Active jobs without options complete in their first delivery, in a topic without budgets: `apply` for many at once.
local function completePlain(ids)
	if #ids > 0 then
		append(batch('ZREM', K.active), ids)
		lib.endRuns(ids)
		append((lib.listOf('completed')), ids)
	end
end

-- Decides all outcomes. Returns one status each: the new state, or why the outcome is refused.
function lib.settleAll(at, argv)
	local ways, base = readWays(argv)
	local count, ids, told, statuses = tonumber(ARGV[base]), {}, {}, {}
	if count == 0 then
		return statuses
	end
	for i = 1, count do
		local a = base + 4 * i - 3
		ids[i] = ARGV[a]
		if ways[ARGV[a + 2]].transition.tells ~= '-' then
			told[#told + 1] = ARGV[a]
		end
	end
	local leases = redis.call('ZMSCORE', K.active, unpack(ids))
	checked[K.active] = true
	fetchJobs(ids)
	fetch(K.runs, told)
	fetch(K.history, told)
	local opts, tries, plain, isEnded = read[K.opts] or {}, read[K.tries] or {}, {}, {}
	for i = 1, count do
		local a, id = base + 4 * i - 3, ids[i]
		local way, isLeased = ways[ARGV[a + 2]], leases[i] and not isEnded[id]
		-- Most of what a busy topic does. No more is asked of such a job than its lease, and nothing is kept of it.
		if isLeased and way.isPlain and ARGV[a + 1] == '1' and ARGV[a + 3] == '' and not (opts[id] or tries[id] or jobs[id]) then
			plain[#plain + 1], statuses[i], isEnded[id] = id, 'completed', true
		else
			local job = isLeased and jobOf(id, 'active')
			if job and job.state == 'active' and tonumber(ARGV[a + 1]) == job.token then
				statuses[i] = settleOne(job, way, ARGV[a + 3], at)
			else
				statuses[i] = lib.refusal(id)
			end
		end
	end
	completePlain(plain)
	return statuses
end
