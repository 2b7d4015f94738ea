-- @lazy
-- What a take does for jobs with options.

-- Returns the end of the lease of a job whose time to run is limited.
function lib.leaseTimed(job, request, at)
	local options = optionsOf(job)
	if options.l then
		setScore(K.startBy, job.id, false)
	end
	if not options.t then
		return nil
	end
	local runUntil = at + options.t
	local run = (request.marks and '0 ' or '1 ') .. int(runUntil) .. ' ' .. request.worker
	if request.run then
		request.runs[job.id] = run
	else
		local runs = batch('HSET', K.runs)
		runs[#runs + 1] = job.id
		runs[#runs + 1] = run
	end
	return math.min(at + request.leaseMs, runUntil)
end

-- How many of the chosen jobs can be leased before another, which waited for the key of the last of them, comes into play; nil for all of them. A job that
-- holds its key only until it is taken gives it up.
function lib.countUntilHandOver(ids, at)
	for i, id in ipairs(ids) do
		local job = jobOf(id, 'waiting')
		local unique = optionsOf(job).u
		if unique and unique.s == 'w' and lib.holderOf(unique.k, at) == id then
			if lib.inLine(unique.k) then
				return i
			end
			lib.leaveKey(unique.k)
		end
	end
	return nil
end

-- The key of a job that was taken goes to the next in line.
function lib.handOver(job, at)
	lib.giveUpKey(job, at)
	lib.writeLanes()
	lib.writeRings()
	writeChanges(at)
end
