-- Deliveries that are about to end: planned one by one with `endDelivery`, stored with `writeEnded`.
local ended, endedTries, endedResults = {}, {}, {}
local finished = { completed = {}, dead = {} }

-- job: id, used, token (of this delivery), lastError, lane, priority, max. body: what the worker handed in, result or
-- error, empty for nothing; nil when no worker spoke. Returns the state that the job goes to.
local function endDelivery(job, transition, at, delayMs, body)
	local to, used, reason = move(transition, job.used, job.max)
	if to == 'waiting' and delayMs > 0 then
		to = 'delayed'
	end
	ended[#ended + 1] = job.id
	if to == 'waiting' then
		join(job.lane, job.priority, job.id, transition.place)
	elseif to == 'delayed' then
		delay(job.id, at + delayMs)
	else
		finished[to][#finished[to] + 1] = job.id
	end
	local err = job.lastError
	if to == 'completed' then
		if body ~= '' then
			endedResults[#endedResults + 1] = job.id
			endedResults[#endedResults + 1] = body
		end
	elseif body and transition.attempt == 'charge' then
		err = body
	end
	-- A job that completes in its first delivery costs no write here: finished without TRIES means attempt 1, token 1.
	if to ~= 'completed' or job.token > 1 then
		endedTries[#endedTries + 1] = job.id
		endedTries[#endedTries + 1] = formatTries(used, job.token, reason, err)
	end
	return to
end

-- Type checks of what `writeEnded` will touch, and no more: most batches only complete jobs.
local function readEnded()
	if #endedTries > 0 then
		redis.call('HLEN', TRIES)
	end
	readDelayed()
	readFinished(finished)
	readLanes()
end

local function writeEnded(at, keepCompleted, keepDead)
	if #ended == 0 then
		return
	end
	redis.call('ZREM', ACTIVE, unpack(ended))
	if #endedTries > 0 then
		redis.call('HSET', TRIES, unpack(endedTries))
	end
	if #endedResults > 0 then
		redis.call('HSET', RESULTS, unpack(endedResults))
	end
	writeDelayed(at)
	keepFinished(COMPLETED, finished.completed, at, keepCompleted)
	keepFinished(DEAD, finished.dead, at, keepDead)
	writeLanes()
end
