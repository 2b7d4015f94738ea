-- Bytes of payload in use, where the topic has a budget for them: SIZES has the bytes of each job that counts, CONF the sums of those that are
-- unfinished and of those that are finished and kept. A topic without a budget pays nothing.
local usage = { waiting = 0, finished = 0 }

local function sizeOf(id)
	return conf.countedFrom and tonumber(field(K.sizes, id) or '') or nil
end

-- kind: `waiting` for unfinished jobs, or `finished`. sign: 1 for a job that comes, -1 for one that goes.
local function count(id, kind, sign)
	local size = sizeOf(id)
	if size then
		usage[kind] = usage[kind] + sign * size
	end
end

local function writeUsage()
	for kind, change in pairs(usage) do
		local name = kind .. 'Used'
		if change ~= 0 then
			put(K.conf, name, int(tonumber(conf[name] or 0) + change))
		end
	end
end
