#!lua flags=no-writes
-- Purpose: a page of the documents, the latest first.
-- KEYS: base key of the documents
-- ARGV: most documents; the number below which the page begins, or empty
-- Returns: for each document its number, its id and its text as stored.

local before = ARGV[2] == '' and '+inf' or '(' .. ARGV[2]
local ids = redis.call('ZRANGE', K.ages, before, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[1], 'WITHSCORES')
local found = {}
for i = 1, #ids, 2 do
	found[#found + 1] = ids[i + 1]
	found[#found + 1] = ids[i]
	found[#found + 1] = redis.call('HGET', K.docs, ids[i])
end
return found
