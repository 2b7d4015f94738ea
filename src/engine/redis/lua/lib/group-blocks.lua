-- What holds back a group, as the blocks of blocks.lua.

-- The slots in use; those that a take has planned are added to it.
local function slotsInUse(group)
	if not group.slots then
		group.slots = has(K.slots) and redis.call('ZLEXCOUNT', K.slots, lib.membersOf(group.name)) or 0
	end
	return group.slots
end

function lib.groupBlocks(group, cost, at)
	local blocks = {}
	-- PAUSES has `inf` for a pause without end.
	local pause, parked = lib.scoreOf(K.pauses, group.name), lib.scoreOf(K.parks, group.name)
	if pause and pause > at then
		blocks[#blocks + 1] = { code = 'group_paused', opens = pause < math.huge and pause or nil }
	end
	if parked and parked > at then
		blocks[#blocks + 1] = { code = 'group_parked', opens = parked }
	end
	if group.limit and slotsInUse(group) >= group.limit then
		blocks[#blocks + 1] = { code = 'group_limit', limit = group.limit }
	end
	blocks[#blocks + 1] = lib.rateBlock('group_rate', group, cost, at)
	return blocks
end
