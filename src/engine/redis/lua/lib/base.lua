-- Names, time and numbers. KEYS[1] is the topic's base key, `mr:{emails/0}`: every key of the topic begins with it,
-- so that all of them live in the slot that KEYS[1] routes to.
local P = KEYS[1] .. ':'

-- K.jobs is the topic's key `jobs`. Names are put together when they are first used: a script uses few of them.
local K = setmetatable({}, {
	__index = function(known, name)
		local key = P .. name
		rawset(known, name, key)
		return key
	end,
})

-- Behind every instant that a job may be due: LIMITS.maxTimestamp and one.
local FAR = 253402300800000

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

local function publish(text)
	local prefix, topic = string.match(KEYS[1], '^(.-):{(.-)/%d+}$')
	redis.call('PUBLISH', prefix .. ':wake', topic .. ' ' .. text)
end

-- A hint for every server that this topic has work now (0) or in some ms.
local function hint(inMs)
	publish(int(inMs))
end

-- Whether a key is there that many topics never have. What it holds need not be asked for then.
local present = {}

local function has(key)
	if present[key] == nil then
		present[key] = redis.call('EXISTS', key) == 1
	end
	return present[key]
end

-- Asks for two such keys at once, for where mostly neither is there.
local function lookFor(key, other)
	if redis.call('EXISTS', key, other) == 0 then
		present[key], present[other] = false, false
	end
end
