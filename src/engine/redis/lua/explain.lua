#!lua flags=no-writes
-- Purpose: why jobs of one topic do or do not run at a moment, by the same functions that takes use. What falls due until then has been let happen
--   before (promote.lua).
-- KEYS: base key of the topic
-- ARGV: the moment (ms), most lanes to look at, most jobs to name, then ids
-- Returns: when a take last asked (or empty), then per id: false for one that is not there, or its state, 1 if it is next, and its reasons as lib/reasons.lua
--   has them.

local at = tonumber(ARGV[1])
readConf('lastTakeAt')
local nextId = lib.planTake(at, 1).ids[1]
groups = {}
local answer = { conf.lastTakeAt or '' }
for i, job in ipairs(lib.loadJobs({ unpack(ARGV, 4) })) do
	local isNext = job and job.id == nextId
	answer[i + 1] = job and { job.state, isNext and 1 or 0, isNext and {} or lib.reasonsOf(job, at) }
end
return answer
