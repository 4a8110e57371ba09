-- Nobody gets a number and nobody is admitted by a line of an epoch that is over, until it was emptied (empty.lua) and has begun anew (reset.lua).
-- ARGV: first number of the present epoch
-- Answers: 1 and the last number that was given out; 0 when this line is of the present epoch already
if firstNumber() >= tonumber(ARGV[1]) then
  return { 0, '0' }
end
redis.call('DEL', MARKER)
return { 1, redis.call('GET', LAST) or '0' }
