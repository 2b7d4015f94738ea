-- What the topic's CONF says. `conf` has the fields that were read; one that is not set is nil.
local conf
eachCall(function()
	conf = {}
end)

-- Reads these fields, and those that lib/flow.lua names where any of them is set.
local function readConf(...)
	local names = { 'flow', ... }
	local values = redis.call('HMGET', K.conf, unpack(names))
	for i = 1, #names do
		conf[names[i]] = values[i] or nil
	end
	if conf.flow then
		lib.readFlow()
	end
end
