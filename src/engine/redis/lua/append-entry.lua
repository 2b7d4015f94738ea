#!lua flags=allow-oom
-- Purpose: adds a line to the log.
-- Guarantees: repeated with the same call id it changes nothing.
-- KEYS: base key of the documents
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, the line, lines to keep
-- Returns: 1

local known = recallAnswer()
if known then
	return known
end
readLog()
writeLog(readNow(ARGV[1]), ARGV[4], tonumber(ARGV[5]))
return remember(1)
