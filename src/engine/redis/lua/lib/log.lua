-- The log: a list of `time LF line`, the latest first, and the number of its latest line.

-- A wrong type must fail before anything is written.
local function readLog()
	redis.call('LLEN', K.log)
	redis.call('GET', K.logged)
end

local function writeLog(at, line, keep)
	redis.call('INCR', K.logged)
	redis.call('LPUSH', K.log, int(at) .. '\n' .. line)
	redis.call('LTRIM', K.log, 0, keep - 1)
end
