#!lua
-- Purpose: stores batches of new jobs of one topic, each batch whole or, when its key is known, not at all.
-- Guarantees: repeated with the same call id it changes nothing and gives the same answer.
-- KEYS: base key of the topic
-- ARGV: now (ms, or empty for TIME), call id, ms to remember the call, ms to remember idempotency keys, number of
--   batches; per batch: idempotency key or empty, fingerprint, number of jobs; per job: `due` LF `OPTS text`, record.
--   due is empty (at once), `+ms` from now or `@instant`. The pair is the empty text for a plain job.
-- Returns: now, then per batch: `created` first-number, `duplicate` first-number count, or `conflict` first-number count.
-- @use base call record lanes delay

local known = recallAnswer()
if known then
	return known
end

local at = readNow(ARGV[1])
local number = tonumber(redis.call('GET', SEQ) or '0')
redis.call('HLEN', JOBS)
redis.call('HLEN', OPTS)

local records, opts, keys = {}, {}, {}
local keysByName = {}

local function dueOf(text)
	if text == '' then
		return at
	end
	local value = tonumber(string.sub(text, 2))
	return string.sub(text, 1, 1) == '+' and at + value or value
end

local function addJob(meta, payload)
	number = math.max(number + 1, at)
	local id = int(number)
	-- How far the number runs ahead of the clock, so that createdAt can be told from the number.
	local ahead = number > at and int(number - at) or ''
	records[#records + 1] = id
	records[#records + 1] = ahead .. '\n' .. payload
	local due, lane, priority = at, DEFAULT_LANE, DEFAULT_PRIORITY
	if meta ~= '' then
		local dueText, optsText = string.match(meta, '^(.-)\n(.*)$')
		due = dueOf(dueText)
		if optsText ~= '' then
			opts[#opts + 1] = id
			opts[#opts + 1] = optsText
			lane, priority = readOpts(optsText)
		end
	end
	if due > at then
		delay(id, due)
	else
		join(lane, priority, id, 'tail')
	end
	return number
end

local function knownKey(name)
	if keysByName[name] then
		return keysByName[name]
	end
	local text = redis.call('GET', P .. 'idem:' .. name)
	if not text then
		return nil
	end
	local expiresAt, first, count, fingerprint = string.match(text, '^(%d+) (%d+) (%d+) (%S+)$')
	if tonumber(expiresAt) <= at then
		return nil
	end
	return { first = first, count = count, fingerprint = fingerprint }
end

local answer = { int(at) }
local a = 6
for _ = 1, tonumber(ARGV[5]) do
	local name, fingerprint, count = ARGV[a], ARGV[a + 1], tonumber(ARGV[a + 2])
	a = a + 3
	local earlier = name ~= '' and knownKey(name)
	if earlier then
		local status = earlier.fingerprint == fingerprint and 'duplicate' or 'conflict'
		answer[#answer + 1] = { status, earlier.first, earlier.count }
	else
		local first = math.max(number + 1, at)
		for i = 0, count - 1 do
			addJob(ARGV[a + 2 * i], ARGV[a + 2 * i + 1])
		end
		answer[#answer + 1] = { 'created', int(first) }
		if name ~= '' then
			keysByName[name] = { first = int(first), count = int(count), fingerprint = fingerprint }
			keys[#keys + 1] = name
		end
	end
	a = a + 2 * count
end
readDelayed()
readLanes()

if #records > 0 then
	redis.call('SET', SEQ, int(number))
	redis.call('HSET', JOBS, unpack(records))
end
if #opts > 0 then
	redis.call('HSET', OPTS, unpack(opts))
end
writeDelayed(at)
for _, name in ipairs(keys) do
	local key = keysByName[name]
	local text = table.concat({ int(at + tonumber(ARGV[4])), key.first, key.count, key.fingerprint }, ' ')
	redis.call('SET', P .. 'idem:' .. name, text, 'PX', ARGV[4])
end
writeLanes()
return remember(answer)
