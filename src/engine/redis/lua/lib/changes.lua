-- Changes to hashes and sorted sets. They are collected while a script reads and decides, so that it can still fail with
-- nothing changed; `writeChanges` makes them, in one or two commands for each key.
local changes, changedKeys = {}, {}
-- Keys whose type is known to be right.
local checked = {}
-- Sets whose earliest entry the servers are told of, with what that was before.
local watched = {}
-- Fields of hashes that have been read.
local read = {}
-- Set when there is something to take where there was nothing.
local wakes = false

local function changesOf(key, sizeOf)
	local found = changes[key]
	if not found then
		if not checked[key] and present[key] ~= false then
			redis.call(sizeOf, key)
		end
		checked[key] = true
		found = { members = {}, values = {}, isHash = sizeOf == 'HLEN' }
		changes[key] = found
		changedKeys[#changedKeys + 1] = key
	end
	return found
end

local function change(key, sizeOf, member, value)
	local found = changesOf(key, sizeOf)
	if found.values[member] == nil then
		found.members[#found.members + 1] = member
	end
	found.values[member] = value
	if value then
		present[key] = true
	end
end

local function put(key, field, text)
	change(key, 'HLEN', field, text)
end

local function drop(key, field)
	change(key, 'HLEN', field, false)
end

-- score: text
local function add(key, score, member)
	change(key, 'ZCARD', member, score)
end

local function remove(key, member)
	change(key, 'ZCARD', member, false)
end

local function earliest(key)
	local found = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
	return found and tonumber(found) or FAR
end

-- Adds what falls due at `time` (a number).
local function addDue(key, time, member)
	if not watched[key] then
		watched[key] = earliest(key)
		checked[key] = true
	end
	add(key, int(time), member)
end

-- What was decided of a member: its text or score, false when it goes, nil when nothing was.
local function decided(key, member)
	local found = changes[key]
	return found and found.values[member]
end

-- Reads at once what `field` will be asked for.
local function fetch(key, ids)
	if #ids == 0 or not has(key) then
		return
	end
	local values = redis.call('HMGET', key, unpack(ids))
	checked[key] = true
	local known = read[key] or {}
	read[key] = known
	for i, id in ipairs(ids) do
		known[id] = values[i]
	end
end

-- What a hash holds, with the changes made so far; nil for nothing.
local function field(key, id)
	local value = decided(key, id)
	if value == nil and read[key] then
		value = read[key][id]
	end
	if value == nil and has(key) then
		value = redis.call('HGET', key, id)
		read[key] = read[key] or {}
		read[key][id] = value
	end
	return value or nil
end

-- The same for the score of a sorted set, as a number.
local function scoreOf(key, member)
	local score = decided(key, member)
	if score == nil and has(key) then
		score = redis.call('ZSCORE', key, member)
	end
	return score and tonumber(score) or nil
end

-- Lua can pass on some 8,000 arguments.
local MOST_ARGUMENTS = 4000

local function callWith(command, key, arguments)
	for from = 1, #arguments, MOST_ARGUMENTS do
		redis.call(command, key, unpack(arguments, from, math.min(from + MOST_ARGUMENTS - 1, #arguments)))
	end
end

local function writeKey(key)
	local found = changes[key]
	local setting, leaving = {}, {}
	for _, member in ipairs(found.members) do
		local value = found.values[member]
		if not value then
			leaving[#leaving + 1] = member
		else
			setting[#setting + 1] = found.isHash and member or value
			setting[#setting + 1] = found.isHash and value or member
		end
	end
	callWith(found.isHash and 'HDEL' or 'ZREM', key, leaving)
	callWith(found.isHash and 'HSET' or 'ZADD', key, setting)
end

-- Writes one key before the others, for what must be read of it afterwards.
local function writeNow(key)
	writeKey(key)
	changes[key] = { members = {}, values = {}, isHash = changes[key].isHash }
end

-- The servers are told what falls due earlier than all before, and that there is work.
local function writeChanges(at)
	for _, key in ipairs(changedKeys) do
		writeKey(key)
	end
	for key, before in pairs(watched) do
		local first = earliest(key)
		if first < before then
			hint(math.max(1, first - at))
		end
	end
	if wakes then
		hint(0)
	end
	changes, changedKeys, watched, read, present, wakes = {}, {}, {}, {}, {}, false
end
