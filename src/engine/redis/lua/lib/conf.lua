-- What the topic's CONF says. `conf` has the fields that were read; one that is not set is nil.
local conf = {}

local function readConf(...)
	local values = redis.call('HMGET', K.conf, ...)
	for i, field in ipairs({ ... }) do
		conf[field] = values[i] or nil
	end
end
