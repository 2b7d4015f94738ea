-- A transition comes from core/transitions.ts as the text `to attempt place exhausted reason`.

local function readTransition(text)
	local to, attempt, place, exhausted, reason = string.match(text, '^(%S+) (%S+) (%S+) (%S+) (%S+)$')
	return { to = to, attempt = attempt, place = place, exhausted = exhausted, reason = reason }
end

-- The rule of `move` in core/transitions.ts → state, used attempts, reason.
local function move(transition, used, max)
	if transition.attempt == 'reset' then
		used = 0
	elseif transition.attempt == 'charge' then
		used = used + 1
	end
	if transition.exhausted ~= '-' and used >= max then
		return 'dead', used, transition.exhausted
	end
	return transition.to, used, transition.reason
end
