-- Finished jobs, kept up to a count that stands in CONF or, as the default, in ARGV: `completed dead cancelled`.
local finished, forgetting = {}, {}
local defaultCounts

local function keepByDefault(text)
	local completed, dead, cancelled = string.match(text, '^(%d+) (%d+) (%d+)$')
	defaultCounts = { completed = completed, dead = dead, cancelled = cancelled }
end

local function countKept(state)
	return tonumber(conf[state .. 'Count'] or defaultCounts[state])
end

-- Forgets jobs that stand in no set any more.
local function forget(ids)
	if #ids == 0 then
		return
	end
	local names = { 'jobs', 'opts', 'tries', 'results', 'progress', 'history', 'terms', 'sizes' }
	for _, name in ipairs(names) do
		if has(K[name]) then
			for _, id in ipairs(ids) do
				drop(K[name], id)
			end
		end
	end
end

-- The job has left where it stood, and ends at `at`.
local function finish(job, state, at)
	local one = finished[state]
	if not one then
		one = { ids = {}, keep = countKept(state), size = redis.call('ZCARD', K[state]) }
		checked[K[state]] = true
		finished[state] = one
	end
	count(job.id, 'waiting', -1)
	if one.keep == 0 and one.size == 0 then
		forgetting[#forgetting + 1] = job.id
		return
	end
	count(job.id, 'finished', 1)
	one.ids[#one.ids + 1] = job.id
	add(K[state], int(at), job.id)
end

-- At most two of a kind leave for each that comes, so that the script stays short after a retention was lowered; prune does the rest.
local function writeFinished()
	forget(forgetting)
	for state, one in pairs(finished) do
		local excess = math.min(one.size + #one.ids - one.keep, 2 * #one.ids)
		if excess > 0 then
			writeNow(K[state])
			local leaving = redis.call('ZRANGE', K[state], 0, excess - 1)
			redis.call('ZREM', K[state], unpack(leaving))
			for _, id in ipairs(leaving) do
				count(id, 'finished', -1)
			end
			forget(leaving)
		end
	end
	finished, forgetting = {}, {}
end
