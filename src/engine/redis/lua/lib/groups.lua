-- What is set for groups. Read of GROUP_CONF: `step limit rate LF settings`; each of the three may be `-`, then the topic's word for its groups holds.
-- A rate is `count,window,slot`, as core/rate.ts makes it of a setting.

function lib.readRate(text)
	if not text then
		return nil
	end
	local count, window, slot = string.match(text, '^(%d+),(%d+),(%d+)$')
	return { count = tonumber(count), window = tonumber(window), slot = tonumber(slot) }
end

function lib.groupOf(name)
	local group = groups[name]
	if not group then
		group = { name = name, step = STEP, limit = tonumber(conf.groupLimit or ''), rate = lib.readRate(conf.groupRate) }
		local own = field(K.groupConf, name)
		if own then
			local step, limit, rate = string.match(own, '^(%S+) (%S+) (%S+)\n')
			group.step = tonumber(step) or group.step
			group.limit = tonumber(limit) or group.limit
			group.rate = rate ~= '-' and lib.readRate(rate) or group.rate
		end
		groups[name] = group
	end
	return group
end
