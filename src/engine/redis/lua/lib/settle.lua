-- Settles. ARGV from `argv`: number of transitions, the transitions, number of outcomes, and per outcome: id, token,
-- `transition` or `transition delayMs parkMs`, body (raw JSON of the result or the error, or empty).

-- The group gives no more jobs until then, the whole topic if there is none. The later of two times holds.
local function park(group, untilAt)
	if group then
		local known = scoreOf(K.parks, group)
		if not known or known < untilAt then
			add(K.parks, int(untilAt), group)
		end
	elseif tonumber(conf.parkedUntil or 0) < untilAt then
		conf.parkedUntil = int(untilAt)
		put(K.conf, 'parkedUntil', conf.parkedUntil)
	end
end

local function settleOne(job, outcome, at)
	local transition, body = outcome.transition, outcome.body
	if transition.tells ~= '-' then
		local _, _, worker = runOf(job)
		tell(job, transition.tells, at, worker, body)
		job.error = body
	elseif transition.to == 'completed' and body ~= '' then
		put(K.results, job.id, body)
	end
	local to = apply(job, transition, at, outcome.delayMs)
	if outcome.parkMs then
		park(job.group, at + outcome.parkMs)
	end
	return to
end

local function readOutcomes(argv)
	local transitions, outcomes = {}, {}
	local count = tonumber(ARGV[argv])
	for i = 1, count do
		transitions[i] = readTransition(ARGV[argv + i])
	end
	local base = argv + count + 2
	for i = 1, tonumber(ARGV[base - 1]) do
		local a = base + 4 * (i - 1)
		local index, delay, parking = string.match(ARGV[a + 2], '^(%d+) ?(%d*) ?(%d*)$')
		outcomes[i] = {
			id = ARGV[a],
			token = ARGV[a + 1],
			transition = transitions[tonumber(index)],
			delayMs = tonumber(delay) or 0,
			parkMs = tonumber(parking),
			body = ARGV[a + 3],
		}
	end
	return outcomes
end

-- What the history needs of the jobs of which it will tell.
local function fetchTold(outcomes)
	local told = {}
	for _, outcome in ipairs(outcomes) do
		if outcome.transition.tells ~= '-' then
			told[#told + 1] = outcome.id
		end
	end
	fetch(K.runs, told)
	fetch(K.history, told)
end

-- Decides all outcomes. Returns one status each: the new state, or why the outcome is refused.
local function settleAll(at, argv)
	local outcomes, ids, statuses = readOutcomes(argv), {}, {}
	if #outcomes == 0 then
		return statuses
	end
	for i, outcome in ipairs(outcomes) do
		ids[i] = outcome.id
	end
	local leases = redis.call('ZMSCORE', K.active, unpack(ids))
	checked[K.active] = true
	fetchJobs(ids)
	fetchTold(outcomes)
	for i, outcome in ipairs(outcomes) do
		local job = leases[i] and jobOf(outcome.id, 'active')
		if job and job.state == 'active' and outcome.token == int(job.token) then
			statuses[i] = settleOne(job, outcome, at)
		else
			statuses[i] = refusal(outcome.id)
		end
	end
	return statuses
end
