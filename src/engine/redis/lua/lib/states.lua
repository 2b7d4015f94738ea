-- Where jobs stand that may stand anywhere.
local STATES = { 'active', 'delayed', 'completed', 'dead', 'cancelled' }

-- A set of states from their names, with spaces between.
function lib.readStates(text)
	local states = {}
	for state in text:gmatch('%a+') do
		states[state] = true
	end
	return states
end

-- The jobs of these ids, false for one that is not there. A record that stands in none of the sets is waiting.
function lib.loadJobs(ids)
	local scores = {}
	for _, state in ipairs(STATES) do
		scores[state] = redis.call('ZMSCORE', K[state], unpack(ids))
		checked[K[state]] = true
	end
	fetchJobs(ids)
	local found = {}
	for i, id in ipairs(ids) do
		local state = 'waiting'
		for _, name in ipairs(STATES) do
			state = scores[name][i] and name or state
		end
		local known = jobs[id] or state ~= 'waiting' or redis.call('HEXISTS', K.jobs, id) == 1
		found[i] = known and jobOf(id, state)
	end
	return found
end
