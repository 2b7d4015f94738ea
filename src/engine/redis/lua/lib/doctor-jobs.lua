-- Examinations of the records: each job stands in one place. A waiting job is looked for in its lane only where the lanes do not hold as many jobs as wait:
-- entries that all have records, none twice, and as many as there must be, leave none out.

-- Lanes that are read as a whole when a job is looked for.
local MOST_READ = 2000

-- Of several places in which a job stands the first of these stays: what is still to be done, before what is over.
local BY_WORTH = { 'active', 'delayed', 'dead', 'cancelled', 'completed' }

local function stands(lane, id)
	if lane.length > MOST_READ then
		return lib.indexIn(lane, id)
	end
	if not lane.all then
		lane.all = {}
		for _, entry in ipairs(redis.call('LRANGE', lane.key, 0, -1)) do
			lane.all[entry] = true
		end
		searched = searched + lane.length / 10
	end
	return lane.all[id]
end

-- Lanes that are on a list have been looked at there.
local function isListed(lane)
	return redis.call('ZSCORE', lane.group and K.grouped or K.prios, lane.group and lane.name or int(lane.priority))
end

local function lookAtWaiting(job)
	local lane = lib.laneOf(job.lane, job.priority, job.group)
	if not stands(lane, job.id) then
		lib.report('no_lane', 'job ' .. job.id, '', function()
			lib.join(lane, job.id, 'tail')
			lib.bringInReach(lane)
		end)
		return
	end
	if lane.isListed == nil then
		lane.isListed = isListed(lane) ~= false
		lane.first = redis.call('LINDEX', lane.key, 0)
		-- One job speaks for its lane, that at the head; any, where none stands there.
		lane.isMute = not lib.isRecorded(lane.first)
	end
	if not lane.isListed and (lane.isMute or lane.first == job.id) then
		lane.isListed = true
		lib.checkReach(lane)
	end
end

local function lookAtActive(job)
	if job.group and not redis.call('ZSCORE', K.slots, job.group .. '\n' .. job.id) then
		lib.report('no_slot', 'job ' .. job.id, '', function()
			setScore(K.slots, job.group .. '\n' .. job.id, '0')
		end)
	end
end

-- A job that must be taken in time stands among those that are watched.
local function lookAtTerms(job)
	if not optionsOf(job).l or redis.call('ZSCORE', K.startBy, job.id) then
		return
	end
	local startBy = tonumber(string.match(field(K.terms, job.id) or '', '^(%S+)') or '')
	lib.report('never_due', 'job ' .. job.id, 'nobody sees when its time to start is over', startBy and function()
		lib.addDue(K.startBy, job.id, startBy)
	end)
end

-- states: those in which the job stands, the one that counts first.
local function lookAtStates(id, states)
	if #states > 1 then
		lib.report('two_states', 'job ' .. id, table.concat(states, ', '), function()
			for i = 2, #states do
				setScore(K[states[i]], id, false)
			end
		end)
	end
end

local function statesOf(ids)
	local states = {}
	for i = 1, #ids do
		states[i] = {}
	end
	for _, state in ipairs(BY_WORTH) do
		for i, score in ipairs(redis.call('ZMSCORE', K[state], unpack(ids))) do
			if score then
				states[i][#states[i] + 1] = state
			end
		end
	end
	return states
end

local function lookAtJobs(ids)
	local states = statesOf(ids)
	fetchJobs(ids)
	for i, id in ipairs(ids) do
		if searched > SEARCH_ENOUGH then
			return i - 1
		end
		local job = jobOf(id, states[i][1] or 'waiting')
		lookAtStates(id, states[i])
		if job.state == 'waiting' or job.state == 'delayed' then
			lookAtTerms(job)
		end
		if job.state == 'active' then
			lookAtActive(job)
		elseif job.state == 'delayed' then
			lib.lookAtDelayed(job)
		elseif job.state == 'waiting' and not lib.lanesHoldAll() then
			lookAtWaiting(job)
		end
	end
	return #ids
end

-- A place is one among the records, and ids that were read there and for which the time did not suffice.
function lib.walkJobs(_, place, room)
	local inJobs, idsText = string.match(place, '^(%d*) ?(.*)$')
	local ids = {}
	if idsText == '' then
		local _
		inJobs, ids = lib.scan(K.jobs, true, inJobs, room)
	else
		for id in string.gmatch(idsText, '%d+') do
			ids[#ids + 1] = lib.isRecorded(id) and id or nil
		end
	end
	-- Lua can pass on some 8,000 arguments.
	local done = #ids > 0 and lookAtJobs({ unpack(ids, 1, math.min(#ids, 1000)) }) or 0
	lib.countLooked(done)
	if done < #ids then
		return inJobs .. ' ' .. table.concat(ids, ',', done + 1)
	end
	return inJobs
end
