-- Examinations: whether the lanes hold as many jobs as wait.

-- Topics with more lanes than this are not added up: there each job is looked for.
local MOST_LANES = 500

-- Where jobs stand that do not wait.
local STATES_BESIDE = { 'active', 'delayed', 'completed', 'dead', 'cancelled' }

local function jobsIn(name)
	local gaps = has(K.gaps) and redis.call('HGET', K.gaps, name) or 0
	return redis.call('LLEN', P .. 'w:' .. name) - gaps
end

local function countLanes()
	if lib.isSuspect() or redis.call('ZCARD', K.prios) + redis.call('ZCARD', K.grouped) > MOST_LANES then
		return false
	end
	local waiting, standing = redis.call('HLEN', K.jobs), 0
	for _, state in ipairs(STATES_BESIDE) do
		waiting = waiting - redis.call('ZCARD', K[state])
	end
	for _, key in ipairs({ K.prios, K.grouped }) do
		for _, name in ipairs(redis.call('ZRANGE', key, 0, -1)) do
			standing = standing + jobsIn(name)
		end
	end
	return waiting == standing
end

-- Nothing is written before a step ends.
local isWhole

function lib.forgetLanes()
	isWhole = nil
end

function lib.lanesHoldAll()
	if isWhole == nil then
		isWhole = countLanes()
	end
	return isWhole
end
