#!lua flags=no-writes
-- Purpose: a page of the log, the latest line first.
-- KEYS: base key of the documents
-- ARGV: most lines; the number below which the page begins, or empty
-- Returns: the number of the first line of the page, then the lines as stored.

local last = tonumber(redis.call('GET', K.logged) or '0')
local from = math.min(last, (tonumber(ARGV[2]) or last + 1) - 1)
-- The list begins with the last line.
local start = last - from
local found = redis.call('LRANGE', K.log, start, start + tonumber(ARGV[1]) - 1)
return { int(from), unpack(found) }
