-- What a job was through, the latest first. A line of HISTORY is `kind at attempt by error`: `by` is a JSON text or null, the error raw JSON
-- or empty. The numbers are LIMITS.history and LIMITS.historyErrorBytes.
local MOST_LINES, MOST_ERROR_BYTES = 10, 4096

local function firstLines(text, count)
	local at = 0
	for _ = 1, count do
		at = string.find(text, '\n', at + 1, true)
		if not at then
			return text
		end
	end
	return string.sub(text, 1, at - 1)
end

-- Called before the move that it tells of. by: JSON text or empty.
local function tell(job, kind, at, by, err)
	local attempt = job.used + (job.state == 'active' and 1 or 0)
	-- Line ends in JSON stand between its parts and mean nothing.
	local kept = #err <= MOST_ERROR_BYTES and string.gsub(err, '[\r\n]', ' ') or ''
	local line = table.concat({ kind, int(at), int(attempt), by == '' and 'null' or by, kept }, ' ')
	local before = field(K.history, job.id)
	put(K.history, job.id, before and line .. '\n' .. firstLines(before, MOST_LINES - 1) or line)
end

-- RUNS text `started end worker`: whether the worker has said that it started (1 or 0), when the job's time to run is over (`-` for never),
-- and the worker's name as JSON or nothing. Absent where it would be `1 - `.
local function readRun(text)
	if not text then
		return true, nil, ''
	end
	local started, runUntil, worker = string.match(text, '^(%d) (%S+) (.*)$')
	return started == '1', tonumber(runUntil), worker
end

local function runOf(job)
	return readRun(field(K.runs, job.id))
end
