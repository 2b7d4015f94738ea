
-- Why a token is refused: the job has ended this delivery, was cancelled, or does not exist.
function lib.refusal(id)
	if redis.call('HEXISTS', K.jobs, id) == 0 then
		return 'missing'
	end
	return redis.call('ZSCORE', K.cancelled, id) and 'cancelled' or 'stale'
end
