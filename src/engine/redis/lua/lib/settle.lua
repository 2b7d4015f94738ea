-- Settles. ARGV from `argv`: number of transitions, the transitions, and the outcomes in parts, to the end of ARGV; per part how it ends (`transition` or
-- `transition delayMs parkMs`), a number, and so many ids of first deliveries without a body; or 0, and then id, token and body (raw JSON of the
-- result or the error, or empty) of one.

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

-- The outcomes from ARGV[a] on: lists of ids, tokens, bodies and ways.
local function readOutcomes(a, ways)
	local ids, tokens, bodies, ends = {}, {}, {}, {}
	while a <= #ARGV do
		local way, count = ways[ARGV[a]], tonumber(ARGV[a + 1])
		local n = #ids
		if count == 0 then
			ids[n + 1], tokens[n + 1], bodies[n + 1], ends[n + 1] = ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], way
			a = a + 5
		else
			for i = 1, count do
				ids[n + i], tokens[n + i], bodies[n + i], ends[n + i] = ARGV[a + 1 + i], '1', '', way
			end
			a = a + 2 + count
		end
	end
	return ids, tokens, bodies, ends
end

-- Decides all outcomes. Returns one status each, shortened: the new state, or why the outcome is refused.
function lib.settleAll(at, argv)
	local ways, from = readWays(argv)
	local ids, tokens, bodies, ends = readOutcomes(from, ways)
	local told, statuses = {}, {}
	if #ids == 0 then
		return statuses
	end
	for i = 1, #ids do
		if ends[i].transition.tells ~= '-' then
			told[#told + 1] = ids[i]
		end
	end
	local leases = redis.call('ZMSCORE', K.active, unpack(ids))
	checked[K.active] = true
	fetchJobs(ids)
	fetch(K.runs, told)
	fetch(K.history, told)
	local opts, tries, plain, isEnded = read[K.opts] or {}, read[K.tries] or {}, {}, {}
	for i = 1, #ids do
		local id, way = ids[i], ends[i]
		local isLeased = leases[i] and not isEnded[id]
		-- Most of what a busy topic does. No more is asked of such a job than its lease, and nothing is kept of it.
		if isLeased and way.isPlain and tokens[i] == '1' and bodies[i] == '' and not (opts[id] or tries[id] or jobs[id]) then
			plain[#plain + 1], statuses[i], isEnded[id] = id, 'completed', true
		else
			local job = isLeased and jobOf(id, 'active')
			if job and job.state == 'active' and tonumber(tokens[i]) == job.token then
				statuses[i] = settleOne(job, way, bodies[i], at)
			else
				statuses[i] = lib.refusal(id)
			end
		end
	end
	completePlain(plain)
	return shorten(statuses)
end
