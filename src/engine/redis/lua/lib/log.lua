-- The log: a list of `time LF line`, the latest first, and the number of its latest line.
local LOG, LOGGED = P .. 'log', P .. 'logged'

-- A wrong type must fail before anything is written.
local function readLog()
	redis.call('LLEN', LOG)
	redis.call('GET', LOGGED)
end

local function writeLog(at, line, keep)
	redis.call('INCR', LOGGED)
	redis.call('LPUSH', LOG, int(at) .. '\n' .. line)
	redis.call('LTRIM', LOG, 0, keep - 1)
end
