#!lua
-- Purpose: pauses or resumes a topic: a flag that takes read, not a move of jobs. Resuming also ends a park.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME); 1 to pause, 0 to resume; when the pause ends (ms), or empty
-- Returns: 1

local at, isPaused = readNow(ARGV[1]), ARGV[2] == '1'
local untilAt = isPaused and tonumber(ARGV[3])
readConf('seq')
checked[K.conf] = true
if not conf.seq then
	put(K.conf, 'seq', '0')
end
put(K.conf, 'paused', isPaused and '1')
put(K.conf, 'pausedUntil', untilAt and int(untilAt) or false)
if untilAt then
	lib.addDue(K.opening, '', untilAt)
else
	setScore(K.opening, '', false)
end
if not isPaused then
	put(K.conf, 'parkedUntil', false)
	wakes = redis.call('ZCARD', K.prios) > 0
end
writeChanges(at)
lib.keepFlow()
return 1
