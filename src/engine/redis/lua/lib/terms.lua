-- Until when a job may start and be tried again. TERMS has both, `startBy retryUntil`, each `-` for no such time. STARTBY has the first of
-- them while the job waits or is delayed, so that it tells which of these are too late.

local function termOf(job, index)
	local text = field(K.terms, job.id)
	return text and tonumber(string.match(text, index == 1 and '^(%S+)' or '(%S+)$')) or nil
end

-- Called after the job has changed its state.
local function keepStartBy(job)
	if not optionsOf(job).l then
		return
	end
	if job.state == 'waiting' or job.state == 'delayed' then
		addDue(K.startBy, termOf(job, 1), job.id)
	else
		remove(K.startBy, job.id)
	end
end

local function isTimed(job)
	return optionsOf(job).l or optionsOf(job).r
end

-- firstDue: the moment from which the times count. The job waits or is delayed.
local function setTerms(job, firstDue)
	local life, retryFor = optionsOf(job).l, optionsOf(job).r
	if life or retryFor then
		local text = (life and int(firstDue + life) or '-') .. ' ' .. (retryFor and int(firstDue + retryFor) or '-')
		put(K.terms, job.id, text)
	elseif has(K.terms) then
		drop(K.terms, job.id)
	end
	if life then
		keepStartBy(job)
	elseif has(K.startBy) then
		remove(K.startBy, job.id)
	end
end
