-- Takes: `planTake` chooses without changing anything, `writeTake` leases what was chosen.

-- The lanes that a take of `max` jobs can reach, in order, as rings of one priority each. One lane more than jobs are
-- wanted is read, so that a ring that goes on behind them is seen to.
local function readRings(max)
	local entries = redis.call('ZRANGE', LANES, 0, max, 'WITHSCORES')
	local rings = {}
	for i = 1, #entries, 2 do
		local priority = priorityOf(tonumber(entries[i + 1]))
		local ring = rings[#rings]
		if not ring or ring.priority ~= priority then
			ring = { priority = priority, lanes = {} }
			rings[#rings + 1] = ring
		end
		ring.lanes[#ring.lanes + 1] = { name = entries[i], served = 0 }
	end
	return rings
end

-- One job from each lane by turns, until `want` are chosen or the ring is empty. Appends the served lanes to `turns`
-- in the order of their turns, and returns how many were chosen.
local function serveRing(ring, want, turns)
	local waitingLanes = ring.lanes
	for _, lane in ipairs(waitingLanes) do
		lane.length = redis.call('LLEN', LANE .. lane.name)
	end
	local chosen = 0
	while chosen < want and #waitingLanes > 0 do
		local left = {}
		for _, lane in ipairs(waitingLanes) do
			if chosen < want and lane.served < lane.length then
				lane.served = lane.served + 1
				lane.lastServed = chosen
				chosen = chosen + 1
				turns[#turns + 1] = lane
			end
			if lane.served < lane.length then
				left[#left + 1] = lane
			end
		end
		waitingLanes = left
	end
	return chosen
end

-- The commonest case without turns: one lane, from which everything comes.
local function serveLane(lane, want, plan)
	local ids = redis.call('LRANGE', LANE .. lane.name, 0, want - 1)
	lane.length = redis.call('LLEN', LANE .. lane.name)
	lane.served = #ids
	for i = 1, #ids do
		plan.ids[#plan.ids + 1] = ids[i]
	end
	return #ids
end

-- Served lanes of a ring leave it when they are empty, and otherwise go behind its last lane, in the order served.
local function planRing(ring, plan)
	local moving = {}
	for _, lane in ipairs(ring.lanes) do
		if lane.served > 0 then
			plan.trims[#plan.trims + 1] = lane
			if lane.served == lane.length then
				plan.leaving[#plan.leaving + 1] = lane.name
			elseif #ring.lanes > 1 then
				moving[#moving + 1] = lane
			end
		end
	end
	if #moving == 0 then
		return
	end
	table.sort(moving, function(a, b)
		return a.lastServed < b.lastServed
	end)
	local turn = nextTurn(ring.priority)
	for i, lane in ipairs(moving) do
		plan.turning[#plan.turning + 1] = int(turn + i - 1)
		plan.turning[#plan.turning + 1] = lane.name
	end
end

local function planTake(max)
	local plan = { ids = {}, trims = {}, leaving = {}, turning = {} }
	if max == 0 or redis.call('HGET', CONF, 'paused') == '1' then
		return plan
	end
	for _, ring in ipairs(readRings(max)) do
		local want = max - #plan.ids
		if want == 0 then
			break
		end
		if #ring.lanes == 1 then
			serveLane(ring.lanes[1], want, plan)
		else
			local turns = {}
			serveRing(ring, want, turns)
			local queues = {}
			for _, lane in ipairs(turns) do
				local q = queues[lane.name]
				if not q then
					q = { ids = redis.call('LRANGE', LANE .. lane.name, 0, lane.served - 1), next = 1 }
					queues[lane.name] = q
				end
				plan.ids[#plan.ids + 1] = q.ids[q.next]
				q.next = q.next + 1
			end
		end
		planRing(ring, plan)
	end
	return plan
end

local function writeTake(plan, at, expiresAt)
	for _, lane in ipairs(plan.trims) do
		redis.call('LTRIM', LANE .. lane.name, lane.served, -1)
	end
	if #plan.leaving > 0 then
		leaveRing(plan.leaving)
	end
	if #plan.turning > 0 then
		redis.call('ZADD', LANES, unpack(plan.turning))
	end
	local leases = {}
	for i, id in ipairs(plan.ids) do
		leases[2 * i - 1] = int(expiresAt)
		leases[2 * i] = id
	end
	redis.call('ZADD', ACTIVE, unpack(leases))
	announceLease(at, expiresAt)
end

-- What a repeated take returns: the deliveries that it made and that still live. The memory is `expiresAt id token id token …`.
local function recall(key, at)
	local memory = redis.call('GET', key)
	local expiresAt, deliveries = string.match(memory or '', '^(%d+) (.*)$')
	if not expiresAt or tonumber(expiresAt) <= at then
		return nil
	end
	local ids, tokens = {}, {}
	for id, token in string.gmatch(deliveries, '(%d+) (%d+)') do
		ids[#ids + 1] = id
		tokens[#tokens + 1] = token
	end
	local leases = redis.call('ZMSCORE', ACTIVE, unpack(ids))
	local tries = readOptional(TRIES, ids)
	local live, expiries = {}, {}
	for i, id in ipairs(ids) do
		local _, lastToken = readTries(tries[i])
		if leases[i] and tokens[i] == int(lastToken + 1) then
			live[#live + 1] = id
			expiries[#expiries + 1] = leases[i]
		end
	end
	return live, expiries
end

-- The answer of a take: ids, ends of their leases, their JOBS, OPTS and TRIES texts, and 1 when it was remembered.
local function readTaken(ids, expiries, remembered)
	if #ids == 0 then
		return { {}, {}, {}, {}, {}, remembered }
	end
	local records = redis.call('HMGET', JOBS, unpack(ids))
	return { ids, expiries, records, readOptional(OPTS, ids), readOptional(TRIES, ids), remembered }
end

-- A whole take. `memory` names the request, `memoryMs` says how long it is remembered.
local function take(at, max, leaseMs, memory, memoryMs)
	local key = P .. 'take:' .. memory
	local live, expiries = recall(key, at)
	if live then
		return readTaken(live, expiries, 1)
	end
	local plan = planTake(max)
	if #plan.ids == 0 then
		return readTaken({}, {}, 0)
	end
	redis.call('ZCARD', ACTIVE)
	redis.call('GET', RECLAIM_AT)
	local ends = {}
	for i = 1, #plan.ids do
		ends[i] = int(at + leaseMs)
	end
	local taken = readTaken(plan.ids, ends, 0)
	writeTake(plan, at, at + leaseMs)
	local memories = { int(at + tonumber(memoryMs)) }
	for i, id in ipairs(plan.ids) do
		local _, lastToken = readTries(taken[5][i])
		memories[i + 1] = id .. ' ' .. int(lastToken + 1)
	end
	redis.call('SET', key, table.concat(memories, ' '), 'PX', memoryMs)
	return taken
end
