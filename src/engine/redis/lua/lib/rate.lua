-- Rates, by the rules of core/rate.ts. The log of a group's starts, or of the topic's under the empty name, is `at units at units …`, oldest
-- first: `units` started up to and including `at`. It expires by itself when no start counts any more.

-- How much longer than its window a log is kept: a test's clock may stand while the time of the store goes on.
local LOG_SLACK = 60000

local function slotEnd(at, slot)
	return math.floor(at / slot) * slot + slot - 1
end

function lib.readLog(name)
	local log = {}
	for at, units in string.gmatch(redis.call('GET', P .. 'rate:' .. name) or '', '(%d+) (%d+)') do
		log[#log + 1] = { at = tonumber(at), units = tonumber(units) }
	end
	return log
end

-- The starts that count at `at`. One that lies ahead is dropped: the clock was put back.
local function counting(log, rate, at)
	local counts = {}
	for _, start in ipairs(log) do
		if start.at + rate.window > at and start.at <= slotEnd(at, rate.slot) then
			counts[#counts + 1] = start
		end
	end
	return counts
end

-- When a start of this cost is allowed: `at`, or the instant at which enough earlier ones count no more.
function lib.opensAt(log, rate, cost, at)
	local starts, over, opens = counting(log, rate, at), math.min(cost, rate.count) - rate.count, at
	for _, start in ipairs(starts) do
		over = over + start.units
	end
	for _, start in ipairs(starts) do
		if over <= 0 then
			break
		end
		over = over - start.units
		opens = start.at + rate.window
	end
	return opens
end

-- The log after a start at `at`, without what counts no more.
function lib.started(log, rate, cost, at)
	local starts, slot, units = counting(log, rate, at), slotEnd(at, rate.slot), math.min(cost, rate.count)
	local last = starts[#starts]
	if last and last.at == slot then
		starts[#starts] = { at = slot, units = last.units + units }
	else
		starts[#starts + 1] = { at = slot, units = units }
	end
	return starts
end

function lib.writeLog(name, rate, log)
	local texts = {}
	for i, start in ipairs(log) do
		texts[i] = int(start.at) .. ' ' .. int(start.units)
	end
	local expiry = int(rate.window + rate.slot + LOG_SLACK)
	redis.call('SET', P .. 'rate:' .. name, table.concat(texts, ' '), 'PX', expiry)
end

-- A rate that does not allow a start of this cost now, as a block. logged: has the rate and the log, which is read when it is first asked for.
function lib.rateBlock(code, logged, cost, at)
	if not logged.rate then
		return nil
	end
	logged.log = logged.log or lib.readLog(logged.name)
	local opens = lib.opensAt(logged.log, logged.rate, cost, at)
	return opens > at and { code = code, opens = opens } or nil
end

-- Counts a start where a rate holds.
function lib.countStart(logged, cost, at)
	if logged and logged.rate then
		logged.log = lib.started(logged.log, logged.rate, cost, at)
		logged.isChanged = true
	end
end
