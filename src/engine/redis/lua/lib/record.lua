-- What is stored beside the payload. Payloads are never parsed here.

-- The same numbers as in codec.ts: what is not written in OPTS.
local DEFAULT_PRIORITY, DEFAULT_MAX_ATTEMPTS = 0, 4
local DEFAULT_LANE = '0'

-- OPTS text → lane, priority, maxAttempts. A lane is `priority` or `priority:group`.
local function readOpts(text)
	if not text then
		return DEFAULT_LANE, DEFAULT_PRIORITY, DEFAULT_MAX_ATTEMPTS
	end
	local o = cjson.decode(text)
	local priority = o.p or DEFAULT_PRIORITY
	local lane = o.g and int(priority) .. ':' .. o.g or int(priority)
	return lane, priority, o.m or DEFAULT_MAX_ATTEMPTS
end

-- TRIES text `used token reason error` → used attempts, last token, reason, error. Absent before the first requeue.
local function readTries(text)
	if not text then
		return 0, 0, '-', ''
	end
	local used, token, reason, err = string.match(text, '^(%d+) (%d+) (%S+) ?(.*)$')
	return tonumber(used), tonumber(token), reason, err
end

local function formatTries(used, token, reason, err)
	return int(used) .. ' ' .. int(token) .. ' ' .. reason .. ' ' .. err
end

-- Why a token is refused: the job has ended this delivery, or does not exist.
local function refusal(id)
	return redis.call('HEXISTS', JOBS, id) == 1 and 'stale' or 'missing'
end

-- Forgets jobs that stand in no set any more.
local function forget(ids)
	for _, key in ipairs({ JOBS, OPTS, TRIES, RESULTS, PROGRESS }) do
		redis.call('HDEL', key, unpack(ids))
	end
end
