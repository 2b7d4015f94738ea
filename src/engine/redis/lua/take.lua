#!lua flags=allow-oom
-- Purpose: leases waiting jobs of one topic.
-- Guarantees: repeated with the same request id it gives the same deliveries, less those that have ended.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), request id, ms to remember the request, lease in ms, most jobs (0 only recalls), worker (JSON
--   text, or empty), 1 if the worker marks what it starts
-- Returns: ids, ends of their leases, JOBS, OPTS and TRIES texts, and what lib/deliver.lua says with them.

readConf('seq', 'reclaimAt', 'lastTakeAt')
checked[K.conf] = true
return lib.take(readNow(ARGV[1]), {
	memory = P .. 'take:' .. ARGV[2],
	memoryMs = tonumber(ARGV[3]),
	leaseMs = tonumber(ARGV[4]),
	max = tonumber(ARGV[5]),
	worker = ARGV[6],
	marks = ARGV[7] == '1',
})
