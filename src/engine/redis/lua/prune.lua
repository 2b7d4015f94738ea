#!lua flags=allow-oom
-- Purpose: forgets finished jobs that are beyond their topic's count or age, oldest first.
-- Guarantees: any number of servers may run it at once.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), most jobs, then for completed and for dead jobs: how many to keep, for how many ms
-- Returns: jobs forgotten, ms until the next one is too old (0: at once) or -1 when none is kept.
-- @use base record finish

local at = readNow(ARGV[1])
local left = tonumber(ARGV[2])
local moved, nextIn = 0, -1

-- Returns the ids to forget in one of the two sets, and ms until its next one is too old.
local function plan(key, keep, ageMs)
	local tooMany = redis.call('ZCARD', key) - keep
	local tooOld = redis.call('ZCOUNT', key, '-inf', int(at - ageMs))
	local count = math.min(math.max(tooMany, tooOld, 0), left)
	left = left - count
	local ids = count > 0 and redis.call('ZRANGE', key, 0, count - 1) or {}
	local nextOne = redis.call('ZRANGE', key, count, count, 'WITHSCORES')[2]
	local inMs = nextOne and math.max(0, tonumber(nextOne) + ageMs - at) or -1
	if nextOne and tooMany > count then
		inMs = 0
	end
	return ids, inMs
end

local sets = {
	{ key = COMPLETED, keep = readKeep(ARGV[3], 'keepCompleted'), age = readKeep(ARGV[4], 'keepCompletedMs') },
	{ key = DEAD, keep = readKeep(ARGV[5], 'keepDead'), age = readKeep(ARGV[6], 'keepDeadMs') },
}
for _, set in ipairs(sets) do
	set.ids, set.inMs = plan(set.key, set.keep, set.age)
end
for _, key in ipairs({ JOBS, OPTS, TRIES, RESULTS, PROGRESS }) do
	redis.call('HLEN', key)
end

for _, set in ipairs(sets) do
	if #set.ids > 0 then
		redis.call('ZREM', set.key, unpack(set.ids))
		forget(set.ids)
		moved = moved + #set.ids
	end
	if set.inMs >= 0 and (nextIn < 0 or set.inMs < nextIn) then
		nextIn = set.inMs
	end
end
return { moved, int(nextIn) }
