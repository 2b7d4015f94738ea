-- Examinations of what names jobs: the sets of states, slots, times to start by, and what is kept beside the records.

function lib.isRecorded(id)
	return redis.call('HEXISTS', K.jobs, id) == 1
end

-- The jobs of these ids as `loadJobs` gives them, but false for one without a record also where a set names it.
function lib.recordedJobs(ids)
	local found = lib.loadJobs(ids)
	for i, id in ipairs(ids) do
		found[i] = found[i] and lib.isRecorded(id) and found[i]
	end
	return found
end

function lib.lookAtState(ids, _, state)
	for _, id in ipairs(ids) do
		if not lib.isRecorded(id) then
			lib.report('no_record', 'job ' .. id, 'the set ' .. state, function()
				setScore(K[state], id, false)
			end)
		end
	end
end

local function freeSlot(member, group)
	setScore(K.slots, member, false)
	if group and has(K.held) then
		lib.reopen(group)
	end
end

-- A job that keeps its place while it is delayed has a slot too.
local function whyNoSlot(job, group)
	if not job then
		return 'is gone'
	elseif job.group ~= group then
		return 'is not of the group'
	elseif job.state ~= 'active' and job.state ~= 'delayed' then
		return 'is ' .. job.state
	end
end

function lib.lookAtSlots(members)
	local ids, slotGroups = {}, {}
	for i, member in ipairs(members) do
		local group, id = string.match(member, '^(.*)\n(%d+)$')
		ids[i], slotGroups[i] = id or '0', group
	end
	local found = lib.recordedJobs(ids)
	for i, member in ipairs(members) do
		local why = whyNoSlot(found[i], slotGroups[i])
		if why then
			local target = found[i] and 'job ' .. ids[i] or 'slot ' .. (slotGroups[i] or member)
			lib.report('slot_without_job', target, why, function()
				freeSlot(member, slotGroups[i])
			end)
		end
	end
end

local function stray(id, name, drop)
	lib.report('stray_field', 'job ' .. id, name, drop)
end

function lib.lookAtStartBy(ids)
	for i, job in ipairs(lib.recordedJobs(ids)) do
		if not job or (job.state ~= 'waiting' and job.state ~= 'delayed') then
			stray(ids[i], 'startBy', function()
				setScore(K.startBy, ids[i], false)
			end)
		end
	end
end

function lib.lookAtRuns(ids)
	for i, lease in ipairs(redis.call('ZMSCORE', K.active, unpack(ids))) do
		if not lease then
			stray(ids[i], 'runs', function()
				put(K.runs, ids[i], false)
			end)
		end
	end
end

-- Only a job that stands behind all times waits for the holder of its key.
function lib.lookAtQueued(ids)
	for i, job in ipairs(lib.recordedJobs(ids)) do
		local id = ids[i]
		local unique = job and job.state == 'delayed' and lib.scoreOf(K.delayed, id) == FAR and optionsOf(job).u
		if not unique then
			stray(id, 'queued', function()
				put(K.queued, id, false)
				local known = job and optionsOf(job).u
				if known then
					setScore(lib.lineOf(known.k), id, false)
				end
			end)
		end
	end
end

function lib.lookAtFields(ids, _, name)
	for _, id in ipairs(ids) do
		if not lib.isRecorded(id) then
			stray(id, name, function()
				put(K[name], id, false)
			end)
		end
	end
end
