#!lua
-- Purpose: stores a group's settings if they are still those that the caller read, and lets its held lanes go back into their rings.
-- KEYS: base key of the topic
-- ARGV: group, text of GROUP_CONF as read (empty for none), the new one (empty for none)
-- Returns: 1 when stored, 0 when the settings have changed meanwhile.

local group, before, after = ARGV[1], ARGV[2], ARGV[3]
readConf('seq')
checked[K.conf] = true
if (field(K.groupConf, group) or '') ~= before then
	return 0
end
if not conf.seq then
	put(K.conf, 'seq', '0')
end
put(K.groupConf, group, after ~= '' and after)
if after ~= '' then
	setScore(K.groups, group, '0')
elseif not lib.scoreOf(K.pauses, group) then
	setScore(K.groups, group, false)
end
setScore(K.opening, group, false)
lib.reopen(group)
lib.writeRings()
writeChanges(0)
return 1
