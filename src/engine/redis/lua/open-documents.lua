#!lua flags=no-writes
-- Purpose: the documents that somebody has still to work on.
-- KEYS: base key of the documents
-- ARGV: now (ms, or empty for TIME)
-- Returns: now, then for each open document, the oldest first, its id and its text as stored.

local found = { int(readNow(ARGV[1])) }
for _, id in ipairs(redis.call('ZRANGE', K.open, 0, -1)) do
	found[#found + 1] = id
	found[#found + 1] = redis.call('HGET', K.docs, id)
end
return found
