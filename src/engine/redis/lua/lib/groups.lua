-- What is set for groups. Read of GROUP_CONF: `step limit rate LF settings`; each of the three may be `-`, then the topic's word for its groups holds.
-- A rate is `count,window,slot`, as core/rate.ts makes it of a setting.

-- What a turn of weight 1 adds: STEP in core/fairness.ts.
local STEP = 10080

local groups = {}

local function readRate(text)
	if not text then
		return nil
	end
	local count, window, slot = string.match(text, '^(%d+),(%d+),(%d+)$')
	return { count = tonumber(count), window = tonumber(window), slot = tonumber(slot) }
end

local function groupOf(name)
	local group = groups[name]
	if not group then
		group = { name = name, step = STEP, limit = tonumber(conf.groupLimit or ''), rate = readRate(conf.groupRate) }
		local own = field(K.groupConf, name)
		if own then
			local step, limit, rate = string.match(own, '^(%S+) (%S+) (%S+)\n')
			group.step = tonumber(step) or group.step
			group.limit = tonumber(limit) or group.limit
			group.rate = rate ~= '-' and readRate(rate) or group.rate
		end
		groups[name] = group
	end
	return group
end

local function stepOf(name)
	return name and groupOf(name).step or STEP
end

-- The members of SLOTS or HELD that belong to a group, for a range by name. A name has no control characters.
local function membersOf(name)
	return '[' .. name .. '\n', '(' .. name .. '\v'
end
