-- Where many places stand, in one look.
-- ARGV: generation, epoch (microseconds), life of a token (seconds), then places
-- Answers: '1' and now, waiting, rate, then state and value of each place; '0' when this Redis has lost writes
if not marked(ARGV[1]) then
  return { '0' }
end
local oldest = oldestNumber(ARGV[2], ARGV[3])
local states = {}
for i = 4, #ARGV do
  local state, value = look(ARGV[i], oldest)
  states[#states + 1] = state
  states[#states + 1] = value
end
return { '1', text(nowMs), redis.call('ZCARD', WAITING), string.format('%.6f', admissionRate()), states }
