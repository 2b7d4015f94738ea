-- What holds back a topic at a moment. A block is { code, opens: when it goes by itself, or nil }; the first of several counts.

-- A pause or a park that is on: until a time, or for a pause without end.
local function untilOf(text, at)
	local time = tonumber(text or '')
	return time and time > at and time or nil
end

-- Whether the topic gives no jobs at all; else how many it may give and at which rate stands in the plan.
function lib.isTopicBlocked(plan)
	local block = lib.topicBlocks(plan.at)[1]
	if block then
		plan.opens = block.opens
		return true
	end
	if conf.limit then
		plan.want = math.min(plan.want, tonumber(conf.limit) - redis.call('ZCARD', K.active))
	end
	if conf.rate then
		plan.topic = { name = '', rate = lib.readRate(conf.rate) }
	end
	return false
end

-- What a pause, a park and a limit of the topic say, whatever job is asked for.
function lib.topicBlocks(at)
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
