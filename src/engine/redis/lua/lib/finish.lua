-- Completed and dead jobs, kept up to a count. ARGV carries the default of each count; the topic's settings stand in CONF.

local function readKeep(default, field)
	local own = redis.call('HGET', CONF, field)
	return tonumber(own or default)
end

-- Type checks of what `keepFinished` will touch.
local function readFinished(finished)
	if #finished.completed > 0 then
		redis.call('ZCARD', COMPLETED)
		redis.call('HLEN', RESULTS)
	end
	if #finished.dead > 0 then
		redis.call('ZCARD', DEAD)
	end
end

-- Adds jobs that finished at `at` to COMPLETED or DEAD, and lets the oldest above `keep` go. At most two leave for each
-- that comes, so that the script stays short after a retention was lowered; prune does the rest.
local function keepFinished(key, ids, at, keep)
	if #ids == 0 then
		return
	end
	if keep == 0 and redis.call('EXISTS', key) == 0 then
		return forget(ids)
	end
	local entries = {}
	for i = 1, #ids do
		entries[2 * i - 1] = int(at)
		entries[2 * i] = ids[i]
	end
	redis.call('ZADD', key, unpack(entries))
	local excess = math.min(redis.call('ZCARD', key) - keep, 2 * #ids)
	if excess > 0 then
		local leaving = redis.call('ZRANGE', key, 0, excess - 1)
		redis.call('ZREM', key, unpack(leaving))
		forget(leaving)
	end
end
