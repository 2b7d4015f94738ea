#!lua
-- Purpose: pauses or resumes a group. Its lanes are held when their turn comes; resuming lets them go back into their rings, and also ends a park.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), group; 1 to pause, 0 to resume; when the pause ends (ms), or empty
-- Returns: 1

local at, group, isPaused = readNow(ARGV[1]), ARGV[2], ARGV[3] == '1'
local untilAt = isPaused and tonumber(ARGV[4])
readConf('seq')
checked[K.conf] = true
if not conf.seq then
	put(K.conf, 'seq', '0')
end
if isPaused then
	setScore(K.pauses, group, untilAt and int(untilAt) or 'inf')
	setScore(K.groups, group, '0')
else
	setScore(K.pauses, group, false)
	setScore(K.parks, group, false)
	if not field(K.groupConf, group) then
		setScore(K.groups, group, false)
	end
end
-- Also when it is paused anew: a pause with an end may follow one without.
if untilAt then
	lib.addDue(K.opening, group, untilAt)
else
	setScore(K.opening, group, false)
end
lib.reopen(group)
lib.writeRings()
writeChanges(at)
return 1
