-- The order of names by their bytes, as Redis has it. Lua's own `<` goes by the locale of the server.
function lib.isBeforeByBytes(a, b)
	for i = 1, math.min(#a, #b) do
		local x, y = string.byte(a, i), string.byte(b, i)
		if x ~= y then
			return x < y
		end
	end
	return #a < #b
end
