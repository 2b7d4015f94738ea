-- What holds back a topic or a group at a moment. A block is { code, opens: when it goes by itself, or nil }; the first of several counts.

-- A pause or a park that is on: until a time, or for a pause without end.
local function untilOf(text, at)
	local time = tonumber(text or '')
	return time and time > at and time or nil
end

-- What a pause, a park and a limit of the topic say, whatever job is asked for.
local function topicBlocks(at)
	local blocks, limit = {}, tonumber(conf.limit or '')
	if conf.paused == '1' and (not conf.pausedUntil or untilOf(conf.pausedUntil, at)) then
		blocks[#blocks + 1] = { code = 'topic_paused', opens = untilOf(conf.pausedUntil, at) }
	end
	if untilOf(conf.parkedUntil, at) then
		blocks[#blocks + 1] = { code = 'topic_parked', opens = untilOf(conf.parkedUntil, at) }
	end
	if limit and redis.call('ZCARD', K.active) >= limit then
		blocks[#blocks + 1] = { code = 'topic_limit', limit = limit }
	end
	return blocks
end

-- A rate that does not allow a start of this cost now. logged: has the log, read when it is first asked for.
local function rateBlock(code, logged, cost, at)
	if not logged.rate then
		return nil
	end
	logged.log = logged.log or readLog(logged.name)
	local opens = opensAt(logged.log, logged.rate, cost, at)
	return opens > at and { code = code, opens = opens } or nil
end

-- The slots in use; those that a take has planned are added to it.
local function slotsInUse(group)
	if not group.slots then
		group.slots = has(K.slots) and redis.call('ZLEXCOUNT', K.slots, membersOf(group.name)) or 0
	end
	return group.slots
end

local function groupBlocks(group, cost, at)
	local blocks = {}
	-- PAUSES has `inf` for a pause without end.
	local pause, parked = scoreOf(K.pauses, group.name), scoreOf(K.parks, group.name)
	if pause and pause > at then
		blocks[#blocks + 1] = { code = 'group_paused', opens = pause < math.huge and pause or nil }
	end
	if parked and parked > at then
		blocks[#blocks + 1] = { code = 'group_parked', opens = parked }
	end
	if group.limit and slotsInUse(group) >= group.limit then
		blocks[#blocks + 1] = { code = 'group_limit', limit = group.limit }
	end
	blocks[#blocks + 1] = rateBlock('group_rate', group, cost, at)
	return blocks
end
