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
function lib.tell(job, kind, at, by, err)
	local attempt = job.used + (job.state == 'active' and 1 or 0)
	-- Line ends in JSON stand between its parts and mean nothing.
	local kept = #err <= MOST_ERROR_BYTES and string.gsub(err, '[\r\n]', ' ') or ''
	local line = table.concat({ kind, int(at), int(attempt), by == '' and 'null' or by, kept }, ' ')
	local before = field(K.history, job.id)
	local told = batch('HSET', K.history)
	told[#told + 1] = job.id
	told[#told + 1] = before and line .. '\n' .. firstLines(before, MOST_LINES - 1) or line
end
