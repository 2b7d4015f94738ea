-- Settles: `planSettle` reads and decides, `writeEnded` (move.lua) stores.
-- ARGV from `at`: number of transitions, the transitions, number of outcomes, and per outcome: id, token,
-- `transition` or `transition delayMs`, body (raw JSON of the result or the error, or empty).

-- Returns one status per outcome: the new state, or `stale`, or `missing`; and the index of the argument after the last.
local function planSettle(at, argv)
	local transitions = {}
	local count = tonumber(ARGV[argv])
	for i = 1, count do
		transitions[i] = readTransition(ARGV[argv + i])
	end
	local n = tonumber(ARGV[argv + count + 1])
	local base = argv + count + 2
	local statuses = {}
	if n == 0 then
		return statuses, base
	end
	local ids = {}
	for i = 1, n do
		ids[i] = ARGV[base + 4 * (i - 1)]
	end
	local leases = redis.call('ZMSCORE', ACTIVE, unpack(ids))
	local tries = readOptional(TRIES, ids)
	local opts = readOptional(OPTS, ids)
	local seen = {}
	for i = 1, n do
		local a = base + 4 * (i - 1)
		local id = ids[i]
		local used, lastToken, _, lastError = readTries(tries[i])
		if leases[i] and not seen[id] and ARGV[a + 1] == int(lastToken + 1) then
			seen[id] = true
			local index, delay = string.match(ARGV[a + 2], '^(%d+) ?(%d*)$')
			local lane, priority, max = readOpts(opts[i])
			local job = { id = id, used = used, token = lastToken + 1, lastError = lastError, lane = lane, priority = priority, max = max }
			statuses[i] = endDelivery(job, transitions[tonumber(index)], at, tonumber(delay) or 0, ARGV[a + 3])
		else
			statuses[i] = refusal(id)
		end
	end
	return statuses, base + 4 * n
end
