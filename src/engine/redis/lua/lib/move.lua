-- Moves of jobs, as core/transitions.ts has them in its table. A transition comes as the text
-- `from to attempt counts place exhausted reason tells`: from is `active` or `-`, tells is what the history says of it.

function lib.readTransition(text)
	local from, to, attempt, counts, place, exhausted, reason, tells =
		string.match(text, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
	return { from = from, to = to, attempt = attempt, counts = counts, place = place, exhausted = exhausted, reason = reason, tells = tells }
end

local function isExhausted(job, at)
	local options = optionsOf(job)
	local attempts = options.m or DEFAULT_MAX_ATTEMPTS
	if job.used >= attempts or job.crashes >= (options.x or attempts) then
		return true
	end
	local retryUntil = options.r and lib.retryUntil(job)
	return retryUntil and retryUntil <= at
end

-- The rule of `move` in core/transitions.ts. Returns where the job goes.
local function charge(job, transition, at)
	if transition.attempt == 'reset' then
		job.used, job.crashes, job.releases = 0, 0, 0
	elseif transition.attempt == 'charge' then
		job.used = job.used + 1
	end
	if transition.counts == 'crash' then
		job.crashes = job.crashes + 1
	elseif transition.counts == 'release' then
		job.releases = job.releases + 1
	end
	if transition.exhausted ~= '-' and isExhausted(job, at) then
		job.reason = transition.exhausted
		return 'dead'
	end
	job.reason = transition.reason
	return transition.to
end

-- Where a job joins its lane: the rule of `keepsPlace` in core/transitions.ts.
local function keepsPlace(job, transition)
	if not job.group or transition.from ~= 'active' or not (conf.groupLimit or has(K.groupConf)) then
		return false
	end
	return lib.groupOf(job.group).limit == 1 and optionsOf(job).o ~= 'requeue'
end

-- Takes the job out of the set in which it stands. One that waits has left its lane before.
local function leaveState(job)
	if job.state == 'active' then
		local leaving = batch('ZREM', K.active)
		leaving[#leaving + 1] = job.id
		lib.endRuns({ job.id })
	elseif job.state ~= 'waiting' then
		setScore(K[job.state], job.id, false)
		if job.state ~= 'delayed' and conf.countedFrom then
			lib.count(job.id, 'finished', -1)
			lib.count(job.id, 'waiting', 1)
		end
	end
end

function lib.freeSlot(job)
	local slots = batch('ZREM', K.slots)
	slots[#slots + 1] = job.group .. '\n' .. job.id
	if has(K.held) then
		lib.reopen(job.group)
	end
end

local function writeTries(job)
	local tries = batch('HSET', K.tries)
	tries[#tries + 1] = job.id
	tries[#tries + 1] =
		string.format('%d %d %s %d %d ', job.used, job.token, job.reason, job.crashes, job.releases) .. job.error
end

-- Makes one move. delayMs: until the job may run, where it goes to waiting. front: the head of the lane means before all others.
-- Returns the job's new state.
function lib.apply(job, transition, at, delayMs, front)
	local isTried = job.state == 'active' or transition.attempt ~= 'keep' or transition.reason ~= '-'
	-- A job that kept its place while it was delayed still stands at the head.
	local keptPlace = job.state == 'delayed' and job.group ~= nil and lib.hasSlot(job)
	local usesSlot = keptPlace or (job.state == 'active' and job.group ~= nil)
	local to = charge(job, transition, at)
	local keeps = keepsPlace(job, transition)
	leaveState(job)
	if to ~= 'waiting' then
		lib.finish(job, to)
	elseif delayMs > 0 then
		to = 'delayed'
		lib.addDue(K.delayed, job.id, at + delayMs)
	else
		local toHead = keeps or keptPlace or transition.place == 'head'
		lib.join(lib.laneOf(job.lane, job.priority, job.group), job.id, toHead and (front and 'front' or 'head') or 'tail')
	end
	job.state = to
	if usesSlot and not (keeps and to == 'delayed') then
		lib.freeSlot(job)
	end
	if job.json ~= '' then
		lib.keepStartBy(job)
		if to ~= 'waiting' and to ~= 'delayed' then
			lib.keyAfterEnd(job, to, at)
		end
	end
	-- A job that completes in its first delivery costs no write here: completed without TRIES means attempt 1, token 1.
	if isTried and not (job.isUntried and to == 'completed') then
		writeTries(job)
	end
	return to
end
