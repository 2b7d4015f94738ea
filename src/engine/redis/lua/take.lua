#!lua flags=allow-oom
-- Purpose: leases waiting jobs of one topic.
-- Guarantees: repeated with the same request id it gives the same deliveries, less those that have ended.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), request id, ms to remember the request, lease in ms, most jobs (0 only recalls)
-- Returns: ids, ends of their leases, JOBS texts, OPTS texts or none, TRIES texts or none,
--   and 1 when the request was remembered.
-- @use base record lanes leases take

return take(readNow(ARGV[1]), tonumber(ARGV[5]), tonumber(ARGV[4]), ARGV[2], ARGV[3])
