-- Slots of groups. Each is a member of SLOTS that names the job that uses it: an active job of a group always has one, since a limit may
-- be set at any time; a failed job that keeps its place has one while it is delayed.

function lib.hasSlot(job)
	return lib.scoreOf(K.slots, job.group .. '\n' .. job.id) ~= nil
end

-- A held lane, `group LF priority`, goes back into its ring.
function lib.reopenLane(member)
	local group, priority = string.match(member, '^(.*)\n(-?%d+)$')
	setScore(K.held, member, false)
	lib.enterRing({ name = priority .. ':' .. group, priority = tonumber(priority), group = group })
end

-- All held lanes of a group go back. What still holds the group is found when their turn comes.
function lib.reopen(group)
	if reopened[group] or not has(K.held) then
		return
	end
	reopened[group] = true
	local first, last = lib.membersOf(group)
	for _, member in ipairs(redis.call('ZRANGE', K.held, first, last, 'BYLEX')) do
		if lib.decided(K.held, member) ~= false then
			lib.reopenLane(member)
		end
	end
end
