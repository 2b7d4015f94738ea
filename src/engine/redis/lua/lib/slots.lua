-- Slots of groups. Each is a member of SLOTS that names the job that uses it: an active job of a group always has one, since a limit may
-- be set at any time; a failed job that keeps its place has one while it is delayed.

local function slotOf(job)
	return job.group .. '\n' .. job.id
end

local function hasSlot(job)
	return job.group ~= nil and scoreOf(K.slots, slotOf(job)) ~= nil
end

-- A held lane, `group LF priority`, goes back into its ring.
local function reopenLane(member)
	local group, priority = string.match(member, '^(.*)\n(-?%d+)$')
	remove(K.held, member)
	enterRing({ name = priority .. ':' .. group, priority = tonumber(priority), group = group })
end

-- Groups that have no held lanes any more.
local reopened = {}

-- All held lanes of a group go back. What still holds the group is found when their turn comes.
local function reopen(group)
	if reopened[group] or not has(K.held) then
		return
	end
	reopened[group] = true
	local first, last = membersOf(group)
	for _, member in ipairs(redis.call('ZRANGE', K.held, first, last, 'BYLEX')) do
		if decided(K.held, member) ~= false then
			reopenLane(member)
		end
	end
end

local function freeSlot(job)
	remove(K.slots, slotOf(job))
	reopen(job.group)
end
