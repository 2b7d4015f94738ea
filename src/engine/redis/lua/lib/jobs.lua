-- The jobs that a script looks at, each with what the store holds of it; what happens to them is kept in them until it is written.
local jobs = {}
local NO_OPTIONS = {}

-- Reads at once what `jobOf` will ask for.
local function fetchJobs(ids)
	fetch(K.tries, ids)
	fetch(K.opts, ids)
end

-- state: where the job stands, which the caller knows. The job's token is that of the delivery under way, or of the last.
local function jobOf(id, state)
	local job = jobs[id]
	if not job then
		local tries = field(K.tries, id)
		job = { id = id, state = state, isUntried = tries == nil }
		job.lane, job.priority, job.group, job.json = readOpts(field(K.opts, id))
		job.used, job.token, job.reason, job.crashes, job.releases, job.error = readTries(tries)
		if state == 'active' then
			job.token = job.token + 1
		end
		jobs[id] = job
	end
	return job
end

-- The options that are not part of the lane, under the short names of codec.ts.
local function optionsOf(job)
	if job.json == '' then
		return NO_OPTIONS
	end
	job.options = job.options or cjson.decode(job.json)
	return job.options
end

local function writeTries(job)
	local numbers = string.format('%.0f %.0f %s %.0f %.0f ', job.used, job.token, job.reason, job.crashes, job.releases)
	put(K.tries, job.id, numbers .. job.error)
end
