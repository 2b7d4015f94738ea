#!lua flags=allow-oom
-- Purpose: forgets finished jobs that are beyond their topic's count, age or bytes, oldest first; and windows of keys, pauses and parks that are over.
-- Guarantees: any number of servers may run it at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), most jobs, finished jobs to keep, ms to keep them
-- Returns: jobs forgotten, ms until the next one is too old (0: at once) or -1 when none is kept.

local at = readNow(ARGV[1])
local left = tonumber(ARGV[2])
defaultCounts = ARGV[3]
readConf('keep', 'keepMs')
checked[K.conf] = true

local going, isGoing, nextIn = {}, {}, -1

local function go(state, id)
	going[#going + 1] = id
	isGoing[id] = true
	left = left - 1
	setScore(K[state], id, false)
	if conf.countedFrom then
		lib.count(id, 'finished', -1)
	end
end

-- Jobs above the count and those past their age.
local function goByRetention(state, ageMs)
	local key = K[state]
	local tooMany = redis.call('ZCARD', key) - lib.countKept(state)
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
	return lib.used('finished') > tonumber(conf.finishedBytes)
end

local PAGE = 100

-- The oldest of one kind, until the rest is within the budget of bytes. Jobs that were there before the budget do not count.
local function goByBytes(state)
	local from = 0
	while isOverBudget() and left > 0 do
		local ids = redis.call('ZRANGE', K[state], from, from + PAGE - 1)
		for _, id in ipairs(ids) do
			if isOverBudget() and left > 0 and not isGoing[id] and lib.sizeOf(id) then
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

local function over(key, time)
	return has(key) and redis.call('ZRANGE', key, '-inf', int(time), 'BYSCORE', 'LIMIT', 0, MOST_MEMORIES) or {}
end

-- A key for which jobs wait is held on; it is looked at again later.
local function dropWindows()
	for _, key in ipairs(over(K.windows, at)) do
		if lib.inLine(key) then
			setScore(K.windows, key, int(at + LINE_MS))
		else
			lib.leaveKey(key)
		end
	end
end

-- A pause is on again when the clock is put back, so it is kept for a while.
local longAgo = at - 3600000

local function dropPauses()
	for _, group in ipairs(over(K.pauses, longAgo)) do
		setScore(K.pauses, group, false)
		if not field(K.groupConf, group) then
			setScore(K.groups, group, false)
		end
	end
	for _, group in ipairs(over(K.parks, longAgo)) do
		setScore(K.parks, group, false)
	end
end

goByRetention('completed', lib.msKept('completed', ARGV[4]))
goByRetention('dead', lib.msKept('dead', ARGV[4]))
goByRetention('cancelled', lib.msKept('cancelled', ARGV[4]))
if conf.finishedBytes then
	goByBytes('completed')
	goByBytes('cancelled')
	goByBytes('dead')
	nextIn = isOverBudget() and left == 0 and 0 or nextIn
end
dropWindows()
dropPauses()
local parkedUntil = tonumber(conf.parkedUntil or '')
local isParkOver = parkedUntil and parkedUntil <= longAgo
if isParkOver then
	put(K.conf, 'parkedUntil', false)
end
if conf.countedFrom then
	lib.writeUsage()
end
writeChanges(at)
forgotten = going
lib.writeForgotten()
if isParkOver then
	lib.keepFlow()
end
return { #going, int(nextIn) }
