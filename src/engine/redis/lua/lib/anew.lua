-- @lazy
-- For a script that goes on after it has written: it reads anew.
function lib.startAnew()
	batches, changes, changedKeys, watched, read, present, wakes = {}, {}, {}, {}, {}, {}, false
	rings, ringsWereEmpty, lanes, touchedLanes = {}, nil, {}, {}
	jobs, groups, reopened = {}, {}, {}
end
