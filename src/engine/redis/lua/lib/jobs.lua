-- The jobs that a script looks at, each with what the store holds of it; what happens to them is kept in them until it is written.
local jobs
eachReading(function()
	jobs = {}
end)
local NO_OPTIONS = {}

-- Reads at once what `jobOf` will ask for.
local function fetchJobs(ids)
	lookFor(K.tries, K.opts)
	fetch(K.tries, ids)
	fetch(K.opts, ids)
end

-- state: where the job stands, which the caller knows. The job's token is that of the delivery under way, or of the last.
local function jobOf(id, state)
	local job = jobs[id]
	if not job then
		local tries = field(K.tries, id)
		local lane, priority, group, json = readOpts(field(K.opts, id))
		local used, token, reason, crashes, releases, err = readTries(tries)
		job = {
			id = id,
			state = state,
			isUntried = tries == nil,
			lane = lane,
			priority = priority,
			group = group,
			json = json,
			used = used,
			token = state == 'active' and token + 1 or token,
			reason = reason,
			crashes = crashes,
			releases = releases,
			error = err,
		}
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
