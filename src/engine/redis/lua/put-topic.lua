#!lua
-- Purpose: stores a topic's settings if they are still those that the caller read, and lets held lanes go back into their rings, since the rules may have
--   changed.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), settings text as read, the new one, 1 if it has a budget of bytes, then pairs of what scripts read of it: a field
--   of CONF and its value, empty for none
-- Returns: 1 when stored; 2 when stored and there are more held lanes (repeat it with the new text as the one read); 0 when the settings have changed
--   meanwhile.

-- Held lanes that one script lets go back.
local MOST_LANES = 500

local at = readNow(ARGV[1])
readConf('seq', 'settings')
checked[K.conf] = true
if (conf.settings or '{}') ~= ARGV[2] then
	return 0
end

-- The budgets count the jobs that are pushed from now on.
local function keepBudget(hasBudget)
	if hasBudget and not conf.countedFrom then
		put(K.conf, 'countedFrom', conf.seq or '0')
	elseif not hasBudget and conf.countedFrom then
		for _, name in ipairs({ 'countedFrom', 'waitingUsed', 'finishedUsed' }) do
			put(K.conf, name, false)
		end
		redis.call('UNLINK', K.sizes)
	end
end

local held = redis.call('ZRANGE', K.held, 0, MOST_LANES - 1)
redis.call('ZCARD', K.opening)
checked[K.held] = true
for _, member in ipairs(held) do
	lib.reopenLane(member)
end
if not conf.seq then
	put(K.conf, 'seq', '0')
end
put(K.conf, 'settings', ARGV[3])
for i = 5, #ARGV, 2 do
	put(K.conf, ARGV[i], ARGV[i + 1] ~= '' and ARGV[i + 1])
end
keepBudget(ARGV[4] == '1')
local hasMore = #held == MOST_LANES
if not hasMore then
	redis.call('UNLINK', K.opening)
end
-- The topic may have been at a limit, with lanes in its rings.
wakes = redis.call('EXISTS', K.prios) == 1
lib.writeRings()
writeChanges(at)
lib.keepFlow()
return hasMore and 2 or 1
