-- Moves of jobs, as core/transitions.ts has them in its table. A transition comes as the text
-- `from to attempt counts place exhausted reason tells`: from is `active` or `-`, tells is what the history says of it.

local function readTransition(text)
	local transition = {}
	transition.from, transition.to, transition.attempt, transition.counts, transition.place, transition.exhausted, transition.reason, transition.tells =
		string.match(text, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
	return transition
end

local function isExhausted(job, at)
	local options = optionsOf(job)
	local attempts = options.m or DEFAULT_MAX_ATTEMPTS
	if job.used >= attempts or job.crashes >= (options.x or attempts) then
		return true
	end
	local retryUntil = options.r and termOf(job, 2)
	return retryUntil ~= nil and retryUntil <= at
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
	local ordered = job.group and transition.from == 'active' and groupOf(job.group).limit == 1
	return ordered and optionsOf(job).o ~= 'requeue'
end

-- Takes the job out of the set in which it stands. One that waits has left its lane before.
local function leaveState(job)
	if job.state == 'waiting' then
		return
	end
	remove(K[job.state], job.id)
	if job.state == 'active' then
		if has(K.runs) then
			drop(K.runs, job.id)
		end
	elseif job.state ~= 'delayed' then
		count(job.id, 'finished', -1)
		count(job.id, 'waiting', 1)
	end
end

-- Makes one move. delayMs: until the job may run, where it goes to waiting. front: the head of the lane means before all others.
-- Returns the job's new state.
local function apply(job, transition, at, delayMs, front)
	local isTried = job.state == 'active' or transition.attempt ~= 'keep' or transition.reason ~= '-'
	-- A job that kept its place while it was delayed still stands at the head.
	local keptPlace = job.state == 'delayed' and hasSlot(job)
	local usesSlot = keptPlace or (job.state == 'active' and job.group ~= nil)
	local to = charge(job, transition, at)
	local keeps = keepsPlace(job, transition)
	leaveState(job)
	if to ~= 'waiting' then
		finish(job, to, at)
	elseif delayMs > 0 then
		to = 'delayed'
		addDue(K.delayed, at + delayMs, job.id)
	else
		local toHead = keeps or keptPlace or transition.place == 'head'
		joinLane(job, toHead and (front and 'front' or 'head') or 'tail')
	end
	job.state = to
	if usesSlot and not (keeps and to == 'delayed') then
		freeSlot(job)
	end
	keepStartBy(job)
	if to ~= 'waiting' and to ~= 'delayed' then
		keyAfterEnd(job, to, at)
	end
	-- A job that completes in its first delivery costs no write here: completed without TRIES means attempt 1, token 1.
	if isTried and not (job.isUntried and to == 'completed') then
		writeTries(job)
	end
	return to
end
