
-- RUNS text `started end worker`: whether the worker has said that it started (1 or 0), when the job's time to run is over (`-` for never),
-- and the worker's name as JSON or nothing. Absent where it would be `1 - `.
function lib.readRun(text)
	if not text then
		return true, nil, ''
	end
	local started, runUntil, worker = string.match(text, '^(%d) (%S+) (.*)$')
	return started == '1', tonumber(runUntil), worker
end

-- The jobs are not active any more.
function lib.endRuns(ids)
	check(K.runs, 'HLEN')
	if has(K.runs) then
		append(batch('HDEL', K.runs), ids)
	end
end
