-- Bytes of payload in use, where the topic has a budget for them: SIZES has the bytes of each job that counts, CONF the sums of those that are
-- unfinished and of those that are finished and kept. A topic without a budget pays nothing.
local usage
eachCall(function()
	usage = { waiting = 0, finished = 0 }
end)

function lib.sizeOf(id)
	return tonumber(field(K.sizes, id) or '')
end

-- kind: `waiting` for unfinished jobs, or `finished`. sign: 1 for a job that comes, -1 for one that goes.
function lib.count(id, kind, sign)
	usage[kind] = usage[kind] + sign * (lib.sizeOf(id) or 0)
end

function lib.used(kind)
	return tonumber(conf[kind .. 'Used'] or 0) + usage[kind]
end

function lib.writeUsage()
	for kind, change in pairs(usage) do
		if change ~= 0 then
			conf[kind .. 'Used'] = int(lib.used(kind))
			put(K.conf, kind .. 'Used', conf[kind .. 'Used'])
		end
	end
	usage = { waiting = 0, finished = 0 }
end
