-- Pushes. ARGV from 4: ms to remember idempotency keys, number of parts; per part one of
--   `*`, count, payloads: so many batches of one plain job each, without idempotency keys
--   `=`, count, payloads: one batch of plain jobs without a key
--   `-`, count, idempotency key or empty, fingerprint, then meta and payload of each job: one batch.
-- A meta is empty for a plain job, else `due LF lane LF JSON`, and for a job with a unique key `LF actions LF scope LF key` behind it. due is empty (at
-- once), `+ms` from now or `@instant`.

-- The last number given, and what the push under each idempotency key of this script made.
local number, remembered
eachCall(function()
	number, remembered = 0, {}
end)

function lib.dueOf(text, at)
	if text == '' then
		return at
	end
	local value = tonumber(string.sub(text, 2))
	return string.sub(text, 1, 1) == '+' and at + value or value
end

-- Stores what is known of a job that has not run. Returns its id, and how far its number runs ahead.
function lib.store(lane, json, payload, at)
	number = math.max(number + 1, at)
	local id = int(number)
	-- How far the number runs ahead of the clock, so that createdAt can be told from the number.
	local ahead = number > at and int(number - at) or ''
	local records = batch('HSET', K.jobs)
	records[#records + 1] = id
	records[#records + 1] = ahead .. '\n' .. payload
	if lane ~= '' or json ~= '' then
		local opts = batch('HSET', K.opts)
		opts[#opts + 1] = id
		opts[#opts + 1] = lane .. '\n' .. json
	end
	if conf.countedFrom then
		put(K.sizes, id, int(#payload))
		lib.count(id, 'waiting', 1)
	end
	return id, ahead
end

-- A job without a unique key.
function lib.pushPlain(meta, payload, at)
	if meta == '' then
		local id = lib.store('', '', payload, at)
		lib.join(lib.laneOf(DEFAULT_LANE, DEFAULT_PRIORITY, nil), id, 'tail')
		return id, 'waiting'
	end
	local dueText, lane, json = string.match(meta, '^([^\n]*)\n([^\n]*)\n(.*)$')
	local due, id = lib.dueOf(dueText, at), lib.store(lane, json, payload, at)
	local job = { id = id, json = json }
	job.state = due > at and 'delayed' or 'waiting'
	if due > at then
		lib.addDue(K.delayed, id, due)
	else
		lib.join(lib.laneOf(readOpts(lane .. '\n')), id, 'tail')
	end
	if json ~= '' and lib.isTimed(job) then
		lib.setTerms(job, math.max(at, due))
	end
	return id, job.state
end

-- Stores `count` jobs without unique keys from ARGV[a] on. Returns their ids as they are told.
function lib.pushPlainJobs(a, count, at)
	local first = math.max(number + 1, at)
	for i = a, a + 2 * (count - 1), 2 do
		lib.pushPlain(ARGV[i], ARGV[i + 1], at)
	end
	return int(first) .. '+' .. int(count)
end

-- What an earlier push under this idempotency key made: its ids as they are told, and its fingerprint.
local function recallPush(name, at)
	if remembered[name] then
		return remembered[name]
	end
	local expiresAt, ids, fingerprint = string.match(redis.call('GET', P .. 'idem:' .. name) or '', '^(%d+) (%S+) (%S+)$')
	if not expiresAt or tonumber(expiresAt) <= at then
		return nil
	end
	return { ids = ids, fingerprint = fingerprint }
end

-- Whether the budget of waiting bytes holds the payloads ARGV[a], ARGV[a + step] … as well.
local function hasRoom(a, count, step)
	local budget = tonumber(conf.waitingBytes or '')
	if not budget then
		return true
	end
	local bytes = lib.used('waiting')
	for i = a, a + step * (count - 1), step do
		bytes = bytes + #ARGV[i]
	end
	return bytes <= budget
end

-- Jobs with nothing but a payload, all to the tail of one lane. All but the first need no more than their entries.
local function storePlain(a, count, at)
	local lane = lib.laneOf(DEFAULT_LANE, DEFAULT_PRIORITY, nil)
	local one = conf.countedFrom and count or math.min(count, 1)
	for i = a, a + one - 1 do
		lib.join(lane, (lib.store('', '', ARGV[i], at)), 'tail')
	end
	local records, tail, last = batch('HSET', K.jobs), lane.tail, number
	local r, t = #records, #tail
	for i = 1, count - one do
		local id = int(last + i)
		records[r + 2 * i - 1], records[r + 2 * i] = id, int(last + i - at) .. '\n' .. ARGV[a + i]
		tail[t + i] = id
	end
	number = last + count - one
	lane.stock = lane.stock + count - one
end

-- Batches of one plain job each. Which of them the budget does not hold is told by their places; the others have one number after the other.
local function pushRun(a, count, at)
	local first, refused = math.max(number + 1, at), {}
	if not conf.waitingBytes then
		storePlain(a, count, at)
		return { 'created', int(first) .. '+' .. int(count), refused }
	end
	for i = 0, count - 1 do
		if hasRoom(a + i, 1, 1) then
			storePlain(a + i, 1, at)
		else
			refused[#refused + 1] = i
		end
	end
	return { 'created', int(first) .. '+' .. int(count - #refused), refused }
end

-- One batch of plain jobs.
local function pushAlike(a, count, at)
	if not hasRoom(a, count, 1) then
		return { 'full' }
	end
	local first = math.max(number + 1, at)
	storePlain(a, count, at)
	return { 'created', int(first) .. '+' .. int(count) }
end

-- One batch of `count` jobs from ARGV[a] on. pushJobs stores them and returns their ids, as they are told, and more to be answered.
local function pushBatch(name, fingerprint, a, count, at, pushJobs)
	local earlier = name ~= '' and recallPush(name, at)
	if earlier then
		return { earlier.fingerprint == fingerprint and 'duplicate' or 'conflict', earlier.ids }
	end
	if not hasRoom(a + 1, count, 2) then
		return { 'full' }
	end
	local ids, more = pushJobs(a, count, at)
	if name ~= '' then
		remembered[name] = { ids = ids, fingerprint = fingerprint }
	end
	return { 'created', ids, more }
end

-- All parts. Returns now, and an answer for each: `created ids more`, `duplicate ids`, `conflict ids` or `full`.
function lib.pushAll(at, pushJobs)
	readConf('seq')
	checked[K.conf] = true
	number = tonumber(conf.seq or 0)
	local before, answer, a = number, { int(at) }, 6
	for _ = 1, tonumber(ARGV[5]) do
		local kind, count = ARGV[a], tonumber(ARGV[a + 1])
		if kind == '-' then
			answer[#answer + 1] = pushBatch(ARGV[a + 2], ARGV[a + 3], a + 4, count, at, pushJobs)
			a = a + 4 + 2 * count
		else
			answer[#answer + 1] = (kind == '*' and pushRun or pushAlike)(a + 2, count, at)
			a = a + 2 + count
		end
	end
	if number > before or not conf.seq then
		put(K.conf, 'seq', int(number))
	end
	return answer
end

function lib.writeRemembered(at)
	for name, push in pairs(remembered) do
		local text = int(at + tonumber(ARGV[4])) .. ' ' .. push.ids .. ' ' .. push.fingerprint
		redis.call('SET', P .. 'idem:' .. name, text, 'PX', ARGV[4])
	end
end
