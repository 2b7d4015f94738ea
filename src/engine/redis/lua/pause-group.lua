#!lua
-- Purpose: pauses or resumes a group. Its lanes are held when their turn comes; resuming lets them go back into their rings, and also ends a park.
-- KEYS: base key of the topic
-- ARGV: group; 1 to pause, 0 to resume; when the pause ends (ms), or empty
-- Returns: 1
-- @use base conf changes state scores record groups members rings enter slots

local group = ARGV[1]
readConf('seq')
checked[K.conf] = true
if not conf.seq then
	put(K.conf, 'seq', '0')
end
if ARGV[2] == '1' then
	setScore(K.pauses, group, ARGV[3] ~= '' and ARGV[3] or 'inf')
	setScore(K.groups, group, '0')
else
	setScore(K.pauses, group, false)
	setScore(K.parks, group, false)
	setScore(K.opening, group, false)
	if not field(K.groupConf, group) then
		setScore(K.groups, group, false)
	end
	lib.reopen(group)
end
lib.writeRings()
writeChanges(0)
return 1
