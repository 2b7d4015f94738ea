#!lua flags=no-writes
-- Purpose: whether records and indexes of a topic agree; a part of it.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id and ms to remember the call (of no matter here), part and place where to begin, 1 if the lanes were found wrong,
--   most entries
-- Returns: as `lib.examine`: entries looked at, what was found (code, target, detail, 1 if it was mended), part (empty at the end) and place of the next
--   step, 1 if the lanes were found wrong.

lib.readMoveConf()
return lib.examine(tonumber(ARGV[4]), ARGV[5], ARGV[6] == '1', tonumber(ARGV[7]), false)
