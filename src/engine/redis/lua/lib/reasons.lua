-- Reasons that hold a job back. Each is { code of explain.ts, number, name, ids }: the number is a time (empty for none), a limit, or how many jobs
-- are before; the name a group or a unique key; the ids those that hold it. `behind` has how many groups are beside as its name.

local function holdersOf(block, group)
	local most = tonumber(ARGV[3])
	if block.code == 'topic_limit' then
		return redis.call('ZRANGE', K.active, 0, most - 1)
	end
	local ids, first, last = {}, lib.membersOf(group)
	for i, member in ipairs(redis.call('ZRANGE', K.slots, first, last, 'BYLEX', 'LIMIT', 0, most)) do
		ids[i] = string.match(member, '\n(%d+)$')
	end
	return ids
end

local function reasonOf(block, group)
	local number = block.limit or block.opens
	return { block.code, number and int(number) or '', group or '', block.limit and holdersOf(block, group) or {} }
end

-- Jobs that wait in the lanes of a ring, counted once for all jobs that are explained.
local stocks, lanesLeft
eachCall(function()
	stocks, lanesLeft = {}, nil
end)

local function gapsOf(lane)
	return tonumber(field(K.gaps, lane) or 0)
end

local function stockOf(priority)
	if not stocks[priority] then
		lanesLeft = lanesLeft or tonumber(ARGV[2])
		local lanes = redis.call('ZRANGE', lib.ringOf(priority).key, 0, math.max(0, lanesLeft))
		local stock = 0
		for i = 1, math.min(#lanes, lanesLeft) do
			stock = stock + redis.call('LLEN', P .. 'w:' .. lanes[i]) - gapsOf(lanes[i])
		end
		lanesLeft = lanesLeft - math.min(#lanes, lanesLeft)
		stocks[priority] = stock
	end
	return stocks[priority]
end

local MOST_GAPS_COUNTED = 2000

-- How many jobs of its own lane stand before the job.
local function placeOf(job)
	local lane = lib.laneOf(job.lane, job.priority, job.group)
	local index = lib.indexIn(lane, job.id) or 0
	local gaps = 0
	if index > 0 and gapsOf(job.lane) > 0 then
		for _, entry in ipairs(redis.call('LRANGE', lane.key, 0, math.min(index, MOST_GAPS_COUNTED) - 1)) do
			gaps = gaps + (string.byte(entry) == 45 and 1 or 0)
		end
	end
	return index - gaps
end

local function behindOf(job)
	local ring = lib.ringOf(job.priority).key
	local before, groupsBeside = placeOf(job), redis.call('ZCARD', ring)
	if redis.call('ZSCORE', ring, job.lane) then
		groupsBeside = groupsBeside - 1
	end
	for _, priority in ipairs(redis.call('ZRANGE', K.prios, '-inf', '(' .. int(0 - job.priority), 'BYSCORE')) do
		before = before + stockOf(tonumber(priority))
	end
	return before, math.min(groupsBeside, tonumber(ARGV[2]))
end

local function reasonsOfWaiting(job, at)
	local reasons, cost = {}, optionsOf(job).c or 1
	for _, block in ipairs(lib.topicBlocks(at)) do
		reasons[#reasons + 1] = reasonOf(block)
	end
	for _, block in ipairs(job.group and lib.groupBlocks(lib.groupOf(job.group), cost, at) or {}) do
		reasons[#reasons + 1] = reasonOf(block, job.group)
	end
	local block = lib.rateBlock('topic_rate', { name = '', rate = lib.readRate(conf.rate) }, cost, at)
	reasons[#reasons + 1] = block and reasonOf(block)
	local before, groupsBeside = behindOf(job)
	if before > 0 or #reasons == 0 then
		reasons[#reasons + 1] = { 'behind', int(before), int(groupsBeside), {} }
	end
	return reasons
end

function lib.reasonsOf(job, at)
	if job.state == 'waiting' then
		return reasonsOfWaiting(job, at)
	elseif job.state ~= 'delayed' then
		return {}
	end
	local due = lib.scoreOf(K.delayed, job.id)
	if due < FAR then
		return { { 'due', int(due), '', {} } }
	end
	local key = optionsOf(job).u.k
	return { { 'unique', '', key, { string.match(field(K.keys, key) or '0 ', '^%d+') } } }
end
