-- Until when a job may start and be tried again. TERMS has both, `startBy retryUntil`, each `-` for no such time. STARTBY has the first of
-- them while the job waits or is delayed, so that it tells which of these are too late.

function lib.retryUntil(job)
	return tonumber(string.match(field(K.terms, job.id) or '', '(%S+)$') or '')
end

-- Called after the job has changed its state.
function lib.keepStartBy(job)
	if not optionsOf(job).l then
		return
	end
	local isOpen = job.state == 'waiting' or job.state == 'delayed'
	local startBy = isOpen and tonumber(string.match(field(K.terms, job.id) or '', '^(%S+)') or '')
	if startBy then
		lib.addDue(K.startBy, job.id, startBy)
	else
		setScore(K.startBy, job.id, false)
	end
end

function lib.isTimed(job)
	return optionsOf(job).l or optionsOf(job).r
end

-- firstDue: the moment from which the times count. The job waits or is delayed.
function lib.setTerms(job, firstDue)
	local life, retryFor = optionsOf(job).l, optionsOf(job).r
	if life or retryFor then
		local text = (life and int(firstDue + life) or '-') .. ' ' .. (retryFor and int(firstDue + retryFor) or '-')
		put(K.terms, job.id, text)
	elseif lib.isUsed(K.terms) then
		put(K.terms, job.id, false)
	end
	if life then
		lib.keepStartBy(job)
	elseif lib.isUsed(K.startBy) then
		setScore(K.startBy, job.id, false)
	end
end
