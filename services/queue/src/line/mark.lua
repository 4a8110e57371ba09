-- Ends what reset.lua began, unless this Redis has lost it meanwhile.
-- ARGV: generation
-- Answers: 1, or 0 when it has
if redis.call('GET', MARKER) ~= 'restoring:' .. markerOf(ARGV[1]) then
  return 0
end
redis.call('SET', MARKER, markerOf(ARGV[1]))
return 1
