-- Pushes of jobs with a unique key, by the table of core/unique.ts. A job's meta ends with the four actions for a holder that is waiting, delayed,
-- active or completed, the scope (`w` until it is taken, `u` until it has finished, or ms), and the key.

local ACTION_OF = { waiting = 1, delayed = 2, active = 3, completed = 4 }

-- Transitions for a holder that is cancelled and for a delayed one that is due at once; active holders that were cancelled.
local cancelling, promoting, formers
eachCall(function()
	cancelling, promoting, formers = nil, nil, {}
end)

local function readUnique(meta)
	local dueText, lane, json, actions, scope, key =
		string.match(meta, '^([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n([^\n]*)\n(.*)$')
	if not key then
		return nil
	end
	local new = { dueText = dueText, lane = lane, json = json, unique = { k = key, s = tonumber(scope) or scope }, actions = {} }
	for action in string.gmatch(actions, '%S+') do
		new.actions[#new.actions + 1] = action
	end
	return new
end

-- A holder that was let go of after it completed is still the one that did the work.
local function stateOfHolder(id)
	local job = jobs[id] or lib.loadJobs({ id })[1]
	return job and job.state or 'completed', job
end

-- The text of one job's answer: `id state outcome holder holderState`.
local function answerOf(id, state, outcome, key)
	local holder = string.match(field(K.keys, key) or id, '^%d+')
	return table.concat({ id, state, outcome, holder, (stateOfHolder(holder)) }, ' ')
end

-- state: where the job goes, `waiting` if it may run at once.
local function createUnique(new, due, isQueued, at)
	local id, ahead = lib.store(new.lane, new.json, new.payload, at)
	local job = { id = id, ahead = ahead, used = 0, token = 0, reason = '-', crashes = 0, releases = 0, error = '', isUntried = true }
	job.lane, job.priority, job.group, job.json = readOpts(new.lane .. '\n' .. new.json)
	job.state = (isQueued or due > at) and 'delayed' or 'waiting'
	jobs[id] = job
	if isQueued then
		setScore(K.delayed, id, int(FAR))
		setScore(lib.lineOf(new.unique.k), id, id)
		put(K.queued, id, int(due))
	elseif due > at then
		lib.addDue(K.delayed, id, due)
	else
		lib.join(lib.laneOf(job.lane, job.priority, job.group), id, 'tail')
	end
	if lib.isTimed(job) then
		lib.setTerms(job, due)
	end
	return job
end

local function createHolder(new, outcome, former, at)
	local job = createUnique(new, math.max(at, lib.dueOf(new.dueText, at)), false, at)
	lib.holdKey(job.id, new.unique, at)
	return answerOf(job.id, job.state, outcome, new.unique.k) .. (former and ' ' .. former or '')
end

-- Payload and options of the new job; priority, group, place and due time of the old one.
local function replaceJob(job, new, at)
	job.ahead = job.ahead or string.match(field(K.jobs, job.id), '^(%d*)\n')
	local records = batch('HSET', K.jobs)
	records[#records + 1] = job.id
	records[#records + 1] = job.ahead .. '\n' .. new.payload
	if conf.countedFrom and lib.sizeOf(job.id) then
		lib.count(job.id, 'waiting', -1)
		put(K.sizes, job.id, int(#new.payload))
		lib.count(job.id, 'waiting', 1)
	end
	local opts = batch('HSET', K.opts)
	opts[#opts + 1] = job.id
	opts[#opts + 1] = (job.lane == DEFAULT_LANE and '' or job.lane) .. '\n' .. new.json
	job.json, job.options = new.json, nil
	local due = job.state == 'delayed' and lib.scoreOf(K.delayed, job.id) or at
	lib.setTerms(job, due < FAR and due or at)
end

-- The job is due anew.
local function delayAnew(job, due, at)
	if due > at then
		if job.state == 'waiting' then
			lib.withdraw(job)
		end
		job.state = 'delayed'
		lib.addDue(K.delayed, job.id, due)
	elseif job.state == 'delayed' then
		lib.apply(job, promoting, at, 0, true)
	end
	lib.setTerms(job, math.max(at, due))
end

-- The new job waits for the holder. A debounced one takes the place of the last in line.
local function queueBehind(new, at)
	local key, due = new.unique.k, math.max(at, lib.dueOf(new.dueText, at))
	local lastId = new.actions[ACTION_OF.waiting] == 'debounce' and lib.inLine(key, true)
	if lastId then
		local _, last = stateOfHolder(lastId)
		replaceJob(last, new, at)
		put(K.queued, lastId, int(due))
		lib.setTerms(last, due)
		return answerOf(lastId, last.state, 'debounced', key)
	end
	local job = createUnique(new, due, true, at)
	return answerOf(job.id, job.state, 'queued', key)
end

-- The holder is cancelled, and the new job takes the key itself, so that those who wait behind it stay there.
local function cancelHolder(holder, new, at)
	if holder.state == 'waiting' then
		lib.withdraw(holder)
	end
	if holder.state == 'active' then
		formers[#formers + 1] = holder.id
	end
	-- Not the holder any more: its end must not hand the key on.
	put(K.keys, new.unique.k, '0 ')
	lib.tell(holder, 'cancelled', at, '', '"replaced by a push with its key"')
	lib.apply(holder, cancelling, at, 0)
	return createHolder(new, 'cancelled', holder.id, at)
end

-- One job of a push. Returns its answer.
local function pushUnique(new, at)
	local holderId = lib.holderOf(new.unique.k, at)
	if not holderId then
		return createHolder(new, 'free', nil, at)
	end
	local state, holder = stateOfHolder(holderId)
	local action = new.actions[ACTION_OF[state]]
	if action == 'keep' or not holder then
		return answerOf(holderId, state, 'kept', new.unique.k)
	elseif action == 'queue' then
		return queueBehind(new, at)
	elseif action == 'cancel' then
		return cancelHolder(holder, new, at)
	end
	replaceJob(holder, new, at)
	-- Another cost, perhaps.
	if holder.state == 'waiting' and holder.group then
		lib.reopen(holder.group)
	end
	lib.holdKey(holderId, new.unique, at)
	if action == 'debounce' then
		delayAnew(holder, lib.dueOf(new.dueText, at), at)
	end
	return answerOf(holderId, holder.state, action == 'debounce' and 'debounced' or 'replaced', new.unique.k)
end

-- Jobs from ARGV[a] on, each as if it were pushed alone. Returns their ids as they are told, and their answers.
function lib.pushUniqueJobs(a, count, at)
	local ids, answers = {}, {}
	cancelling = cancelling or lib.readTransition(ARGV[#ARGV - 1])
	promoting = promoting or lib.readTransition(ARGV[#ARGV])
	for i = a, a + 2 * (count - 1), 2 do
		local new = readUnique(ARGV[i])
		if new then
			new.payload = ARGV[i + 1]
			answers[#answers + 1] = pushUnique(new, at)
		else
			answers[#answers + 1] = table.concat({ lib.pushPlain(ARGV[i], ARGV[i + 1], at) }, ' ')
		end
		ids[#ids + 1] = string.match(answers[#answers], '^%d+')
	end
	return table.concat(ids, ','), answers
end

-- Whoever has a job that was cancelled is told.
function lib.publishFormers()
	if #formers > 0 then
		publish('!' .. table.concat(formers, ','))
	end
end
