-- Finished jobs, kept up to a count that stands in CONF or, as the default, in ARGV: `completed dead cancelled`.

local KIND = { completed = 1, dead = 2, cancelled = 3 }

-- CONF and ARGV have a number for each kind; `-` leaves it to the default.
local function numberOf(text, state)
	local numbers = { string.match(text or '', '^(%S+) (%S+) (%S+)$') }
	return tonumber(numbers[KIND[state]])
end

function lib.countKept(state)
	return numberOf(conf.keep, state) or numberOf(defaultCounts, state)
end

function lib.msKept(state, defaults)
	return numberOf(conf.keepMs, state) or numberOf(defaults, state)
end

-- The list of those that end as `state` and are kept, or of those that are forgotten; and which of the two it is.
function lib.listOf(state)
	local one = finished[state]
	if not one then
		one = { ids = {}, keep = lib.countKept(state), size = redis.call('ZCARD', K[state]) }
		checked[K[state]] = true
		finished[state] = one
	end
	local isKept = one.keep > 0 or one.size > 0
	return isKept and one.ids or forgotten, isKept
end

-- The job has left where it stood, and ends as `state`.
function lib.finish(job, state)
	local ids, isKept = lib.listOf(state)
	ids[#ids + 1] = job.id
	if conf.countedFrom then
		lib.count(job.id, 'waiting', -1)
		lib.count(job.id, 'finished', isKept and 1 or 0)
	end
end

-- The oldest above the count leave: at most two of a kind for each that comes, so that the script stays short after a retention was lowered; prune does
-- the rest.
local function trimFinished(state, one)
	local excess = math.min(one.size + #one.ids - one.keep, 2 * #one.ids)
	if excess <= 0 then
		return
	end
	local leaving = redis.call('ZRANGE', K[state], 0, excess - 1)
	redis.call('ZREM', K[state], unpack(leaving))
	for _, id in ipairs(leaving) do
		forgotten[#forgotten + 1] = id
		if conf.countedFrom then
			lib.count(id, 'finished', -1)
		end
	end
end

function lib.writeFinished(at)
	local time = int(at)
	for state, one in pairs(finished) do
		local entries = {}
		for i, id in ipairs(one.ids) do
			entries[2 * i - 1] = time
			entries[2 * i] = id
		end
		callWith('ZADD', K[state], entries)
		trimFinished(state, one)
	end
	finished = {}
end

local RECORDS = { 'jobs', 'opts', 'tries', 'results', 'progress', 'history', 'terms', 'sizes' }

-- Forgets jobs that stand in no set any more. The last thing to be written.
function lib.writeForgotten()
	if #forgotten == 0 then
		return
	end
	present = {}
	lookFor(K.opts, K.tries, K.results, K.progress, K.history, K.terms, K.sizes)
	for _, name in ipairs(RECORDS) do
		if has(K[name]) then
			callWith('HDEL', K[name], forgotten)
		end
	end
	forgotten = {}
end
