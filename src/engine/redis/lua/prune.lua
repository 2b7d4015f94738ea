#!lua flags=allow-oom
-- Purpose: forgets finished jobs that are beyond their topic's count, age or bytes, oldest first; and windows of keys, pauses and parks that are over.
-- Guarantees: any number of servers may run it at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), most jobs, finished jobs to keep, ms to keep completed, dead and cancelled jobs
-- Returns: jobs forgotten, ms until the next one is too old (0: at once) or -1 when none is kept.
-- @use base conf changes record budget finish lines

local at = readNow(ARGV[1])
local left = tonumber(ARGV[2])
keepByDefault(ARGV[3])
readConf('completedCount', 'deadCount', 'cancelledCount', 'completedMs', 'deadMs', 'cancelledMs')
readConf('countedFrom', 'waitingUsed', 'finishedUsed', 'finishedBytes')
checked[K.conf] = true

local going, nextIn = {}, -1

local function go(state, id)
	going[#going + 1] = id
	going[id] = true
	left = left - 1
	remove(K[state], id)
	count(id, 'finished', -1)
end

-- Jobs above the count and those past their age.
local function goByRetention(state, ageMs)
	local key = K[state]
	local tooMany = redis.call('ZCARD', key) - countKept(state)
	local tooOld = redis.call('ZCOUNT', key, '-inf', int(at - ageMs))
	checked[key] = true
	local most = math.min(math.max(tooMany, tooOld, 0), left)
	for _, id in ipairs(most > 0 and redis.call('ZRANGE', key, 0, most - 1) or {}) do
		go(state, id)
	end
	local nextOne = redis.call('ZRANGE', key, most, most, 'WITHSCORES')[2]
	if nextOne then
		local inMs = tooMany > most and 0 or math.max(0, tonumber(nextOne) + ageMs - at)
		nextIn = nextIn < 0 and inMs or math.min(nextIn, inMs)
	end
end

local function isOverBudget()
	return tonumber(conf.finishedUsed or 0) + usage.finished > tonumber(conf.finishedBytes)
end

local PAGE = 100

-- The oldest of one kind, until the rest is within the budget of bytes. Jobs that were there before the budget do not count.
local function goByBytes(state)
	local from = 0
	while isOverBudget() and left > 0 do
		local ids = redis.call('ZRANGE', K[state], from, from + PAGE - 1)
		for _, id in ipairs(ids) do
			if isOverBudget() and left > 0 and not going[id] and sizeOf(id) then
				go(state, id)
			end
		end
		from = from + PAGE
		if #ids < PAGE then
			break
		end
	end
end

local MOST_MEMORIES, LINE_MS = 1000, 60000

local function over(key)
	return has(key) and redis.call('ZRANGE', key, '-inf', int(at), 'BYSCORE', 'LIMIT', 0, MOST_MEMORIES) or {}
end

-- A key for which jobs wait is held on; it is looked at again later.
local function dropWindows()
	for _, key in ipairs(over(K.windows)) do
		if inLine(key) then
			add(K.windows, int(at + LINE_MS), key)
		else
			leaveKey(key)
		end
	end
end

local function dropPauses()
	for _, group in ipairs(over(K.pauses)) do
		remove(K.pauses, group)
		if not field(K.groupConf, group) then
			remove(K.groups, group)
		end
	end
	for _, group in ipairs(over(K.parks)) do
		remove(K.parks, group)
	end
end

goByRetention('completed', tonumber(conf.completedMs or ARGV[4]))
goByRetention('dead', tonumber(conf.deadMs or ARGV[5]))
goByRetention('cancelled', tonumber(conf.cancelledMs or ARGV[6]))
if conf.finishedBytes then
	goByBytes('completed')
	goByBytes('cancelled')
	goByBytes('dead')
	nextIn = isOverBudget() and left == 0 and 0 or nextIn
end
dropWindows()
dropPauses()
forget(going)
writeUsage()
writeChanges(at)
return { #going, int(nextIn) }
