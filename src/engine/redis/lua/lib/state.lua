-- What a script keeps of the topic while it decides.

-- What a turn of weight 1 adds to a lane: STEP in core/fairness.ts.
local STEP = 10080

-- Rings by priority, and whether all of them were empty before this script.
local rings, ringsWereEmpty

-- Lanes that jobs join or leave, by name and as a list.
local lanes, touchedLanes

-- What is read of the topic's groups, and those that have no held lanes any more.
local groups, reopened

-- Jobs that have finished, by their state, and those to be forgotten.
local finished, forgotten

-- How many finished jobs are kept by default: `completed dead cancelled`.
local defaultCounts

-- How much a script has searched in lanes, about in µs. One that has searched enough stops in time and leaves the rest to another call.
local SEARCH_ENOUGH = 1000
local searched

eachReading(function()
	rings, ringsWereEmpty, lanes, touchedLanes, groups, reopened = {}, nil, {}, {}, {}, {}
end)

eachCall(function()
	finished, forgotten, defaultCounts, searched = {}, {}, nil, 0
end)
