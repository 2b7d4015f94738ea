
-- The members of SLOTS or HELD that belong to a group, for a range by name. A name has no control characters.
function lib.membersOf(name)
	return '[' .. name .. '\n', '(' .. name .. '\v'
end
