-- Where many places stand, in one look.
-- ARGV: generation, epoch (microseconds), life of a token (seconds), number of the opening, then place and lane of each
-- Answers: '1' and now, state, value and lane of each place, and lane, waiting and rate of those lanes; '0' when this Redis has lost writes
if not marked(ARGV[1]) then
  return { '0' }
end
redis.call('HSET', WATCH, 'asked', text(nowMs))
local oldest = oldestNumber(ARGV[2], ARGV[3], ARGV[4])
local states, waitingIn = {}, {}
for i = 5, #ARGV, 2 do
  local state, value, lane = look(ARGV[i], ARGV[i + 1], oldest)
  states[#states + 1] = state
  states[#states + 1] = value
  states[#states + 1] = lane
  if state == 'WAITING' then
    waitingIn[lane] = true
  end
end
return { '1', text(nowMs), states, pacesOf(waitingIn) }
