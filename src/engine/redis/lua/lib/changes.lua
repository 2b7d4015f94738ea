-- Changes, collected while a script reads and decides, so that it can still fail with nothing changed, and made together in a few commands for
-- each key. There are two ways. A batch is only a list of arguments: for what the script does not read again. A change to a hash or a sorted set that is
-- decided upon in steps is kept by its member: `decided`, `field` and `scoreOf` tell how things stand with it, the last decision is made.

-- Keys whose type is known to be right.
local checked
eachCall(function()
	checked = {}
end)

local function check(key, sizeOf)
	if not checked[key] and present[key] ~= false then
		present[key] = redis.call(sizeOf, key) > 0
	end
	checked[key] = true
end

local function append(list, more)
	local from = #list
	for i = 1, #more do
		list[from + i] = more[i]
	end
end

-- Lists of arguments, each with its command and its key at the same place of the other two.
local batches, batchCommands, batchKeys

-- The list of arguments of a command; `batch('ZREM', key)` takes members, `batch('HSET', key)` fields and values by turns.
local function batch(command, key)
	local count = #batches
	for i = 1, count do
		if batchKeys[i] == key and batchCommands[i] == command then
			return batches[i]
		end
	end
	check(key, (command == 'HSET' or command == 'HDEL') and 'HLEN' or 'ZCARD')
	local arguments = {}
	batches[count + 1], batchCommands[count + 1], batchKeys[count + 1] = arguments, command, key
	return arguments
end

local changes, changedKeys

local function decide(key, sizeOf, member, value)
	local found = changes[key]
	if not found then
		check(key, sizeOf)
		found = { members = {}, values = {}, isHash = sizeOf == 'HLEN' }
		changes[key] = found
		changedKeys[#changedKeys + 1] = key
	end
	if found.values[member] == nil then
		found.members[#found.members + 1] = member
	end
	found.values[member] = value
end

-- Sets a field of a hash; false takes it out.
local function put(key, field, text)
	decide(key, 'HLEN', field, text)
end

-- Sets the score (text) of a member of a sorted set; false takes it out.
local function setScore(key, member, score)
	decide(key, 'ZCARD', member, score)
end

-- Sets whose earliest entry the servers are told of, with what that was before.
local watched

-- Fields of hashes that have been read, by key.
local read

-- Reads at once what `field` will be asked for.
local function fetch(key, ids)
	if #ids == 0 or not has(key) then
		return
	end
	local values = redis.call('HMGET', key, unpack(ids))
	checked[key] = true
	local known = read[key] or {}
	read[key] = known
	for i = 1, #ids do
		known[ids[i]] = values[i]
	end
end

-- What a hash holds, with the changes made so far; nil for nothing.
local function field(key, id)
	local found = changes[key]
	local value = found and found.values[id]
	if value == nil and has(key) then
		local known = read[key] or {}
		read[key] = known
		value = known[id]
		if value == nil then
			value = redis.call('HGET', key, id)
			known[id] = value
		end
	end
	return value or nil
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
	if not found then
		return
	end
	local members, values, isHash = found.members, found.values, found.isHash
	local setting, leaving
	for i = 1, #members do
		local member = members[i]
		local value = values[member]
		if not value then
			leaving = leaving or {}
			leaving[#leaving + 1] = member
		else
			setting = setting or {}
			setting[#setting + 1] = isHash and member or value
			setting[#setting + 1] = isHash and value or member
		end
	end
	if leaving then
		callWith(isHash and 'HDEL' or 'ZREM', key, leaving)
	end
	if setting then
		callWith(isHash and 'HSET' or 'ZADD', key, setting)
	end
	changes[key] = nil
end

-- Set when there is something to take where there was nothing.
local wakes

eachReading(function()
	batches, batchCommands, batchKeys, changes, changedKeys, watched, read, wakes = {}, {}, {}, {}, {}, {}, {}, false
end)

-- The servers are told what falls due earlier than all before, and that there is work.
local function writeChanges(at)
	for i = 1, #batches do
		callWith(batchCommands[i], batchKeys[i], batches[i])
	end
	for i = 1, #changedKeys do
		writeKey(changedKeys[i])
	end
	for key, before in pairs(watched) do
		local first = lib.earliest(key)
		if first < before then
			publish(int(math.max(1, first - at)))
		end
	end
	if wakes then
		publish('0')
	end
end
