-- What every script begins with. All of them are one library: Redis runs its text once, and a call runs only its own script. (Scripts of their own,
-- each with the functions that it needs, made those anew in every call, which took longer than a script's commands.)

-- KEYS[1] is the topic's base key, `mr:{emails/0}`: every key of the topic begins with it, so that all of them live in the slot that it routes to.
local KEYS, ARGV

-- The base key with its colon, and names that begin with it: K.jobs is the topic's key `jobs`. They are put together when they are first used.
local P, K

-- Functions that the rest of the library may call, and the scripts.
local lib, scripts = {}, {}

-- What makes the variables anew that hold for one call, and those that hold from one reading to the writing after it.
local callStarts, readingStarts = {}, {}

local function eachCall(start)
	callStarts[#callStarts + 1] = start
end

local function eachReading(start)
	readingStarts[#readingStarts + 1] = start
end

-- For a script that goes on after it has written: it reads anew.
local function startReading()
	for i = 1, #readingStarts do
		readingStarts[i]()
	end
end

local NAMES = {
	__index = function(known, name)
		local key = P .. name
		rawset(known, name, key)
		return key
	end,
}

-- The names stay for the next call on the same topic.
local base

local function runScript(name, keys, arguments)
	KEYS, ARGV = keys, arguments
	if base ~= keys[1] then
		base = keys[1]
		P, K = base .. ':', setmetatable({}, NAMES)
	end
	for i = 1, #callStarts do
		callStarts[i]()
	end
	startReading()
	return scripts[name]()
end

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
local present
eachReading(function()
	present = {}
end)

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
