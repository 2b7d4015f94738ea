-- What the topic's CONF says. `conf` has the fields that were read; one that is not set is nil.
local conf = {}

local function readConf(...)
	local values = redis.call('HMGET', K.conf, ...)
	for i = 1, #values do
		conf[select(i, ...)] = values[i] or nil
	end
end
