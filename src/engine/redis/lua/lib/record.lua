-- What is stored beside the payload. Payloads are never parsed here.

-- The same as in codec.ts: what is not written in OPTS.
local DEFAULT_LANE, DEFAULT_PRIORITY, DEFAULT_MAX_ATTEMPTS = '0', 0, 4

-- OPTS text `lane LF JSON` → lane, priority, group or nil, JSON. A lane is `priority` or `priority:group`; both parts may be empty.
local function readOpts(text)
	if not text then
		return DEFAULT_LANE, DEFAULT_PRIORITY, nil, ''
	end
	local lane, json = string.match(text, '^([^\n]*)\n(.*)$')
	if lane == '' then
		return DEFAULT_LANE, DEFAULT_PRIORITY, nil, json
	end
	local priority, group = string.match(lane, '^(-?%d+):?(.*)$')
	return lane, tonumber(priority), group ~= '' and group or nil, json
end

-- TRIES text `used token reason crashes releases error`. Absent before the first delivery that does not complete.
local function readTries(text)
	if not text then
		return 0, 0, '-', 0, 0, ''
	end
	local used, token, reason, crashes, releases, err = string.match(text, '^(%d+) (%d+) (%S+) (%d+) (%d+) (.*)$')
	return tonumber(used), tonumber(token), reason, tonumber(crashes), tonumber(releases), err
end
