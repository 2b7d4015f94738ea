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

-- Functions that not every call needs. Redis runs the whole text of a script each time, and making functions costs as much as small
-- commands do, so a library marked @lazy is run when the first of its functions is asked for.
local lib = setmetatable({}, {
	__index = function(known, name)
		makeFunction(name)
		return rawget(known, name)
	end,
})

-- Behind every instant that a job may be due: LIMITS.maxTimestamp and one.
local FAR = 253402300800000

-- A whole number as text. `%d` takes a long, which has 64 bits where Redis runs; `%.0f` and tostring go through a double's digits and take twice the time.
local function int(n)
	return string.format('%d', n)
end

-- TIME, in ms; or the time that a test injected.
local function readNow(injected)
	if injected ~= '' then
		return tonumber(injected)
	end
	local t = redis.call('TIME')
	return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Tells every server: that this topic has work now (`0`) or in some ms, or that active jobs were cancelled (`!id,id`).
local function publish(text)
	local prefix, topic = string.match(KEYS[1], '^(.-):{(.-)/%d+}$')
	redis.call('PUBLISH', prefix .. ':wake', topic .. ' ' .. text)
end

-- Whether a key is there that many topics never have. What it holds need not be asked for then.
local present = {}

local function has(key)
	local known = present[key]
	if known == nil then
		known = redis.call('EXISTS', key) == 1
		present[key] = known
	end
	return known
end

-- Asks for several at once. Most topics have none of them, and then that was the only question.
local function lookFor(...)
	local keys = {}
	for _, key in ipairs({ ... }) do
		if present[key] == nil then
			keys[#keys + 1] = key
		end
	end
	if #keys > 1 and redis.call('EXISTS', unpack(keys)) == 0 then
		for i = 1, #keys do
			present[keys[i]] = false
		end
	end
end
