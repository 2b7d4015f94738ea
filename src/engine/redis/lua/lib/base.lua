-- Names, time and numbers. KEYS[1] is the topic's base key, `mr:{emails/0}`: every key of the topic begins with it,
-- so that all of them live in the slot that KEYS[1] routes to.
local P = KEYS[1] .. ':'
local PREFIX, TOPIC = string.match(KEYS[1], '^(.-):{(.-)/%d+}$')
local SEQ, CONF, RECLAIM_AT = P .. 'seq', P .. 'conf', P .. 'reclaimAt'
local JOBS, OPTS, TRIES = P .. 'jobs', P .. 'opts', P .. 'tries'
local RESULTS, PROGRESS = P .. 'results', P .. 'progress'
local LANES, LANE, GROUPED = P .. 'lanes', P .. 'w:', P .. 'grouped'
local DELAYED, ACTIVE, COMPLETED, DEAD = P .. 'delayed', P .. 'active', P .. 'completed', P .. 'dead'

-- A Lua 5.1 tostring would print a job number as 1.7326163633e+12.
local function int(n)
	return string.format('%.0f', n)
end

-- TIME, in ms; or the time that a test injected.
local function readNow(injected)
	if injected ~= '' then
		return tonumber(injected)
	end
	local t = redis.call('TIME')
	return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- A hint for every server that this topic has work now (0) or in some ms.
local function hint(inMs)
	redis.call('PUBLISH', PREFIX .. ':wake', TOPIC .. ' ' .. int(inMs))
end

-- HMGET that costs nothing when the hash is not there, which is the rule for OPTS and TRIES.
local function readOptional(key, ids)
	if #ids == 0 or redis.call('EXISTS', key) == 0 then
		return {}
	end
	return redis.call('HMGET', key, unpack(ids))
end
