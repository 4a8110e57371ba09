-- The places of the draw from a score on, of every lane in its order.
-- ARGV: generation, score to begin with, the score that is behind the draw, how many of each lane
-- Answers: '1', then of each lane: its name, and its places and their scores; '0' when this Redis has lost writes
if not marked(ARGV[1]) then
  return { '0' }
end
local answer = { '1' }
for _, lane in ipairs(lanes()) do
  answer[#answer + 1] = lane
  answer[#answer + 1] = redis.call('ZRANGEBYSCORE', waitingKey(lane), ARGV[2], '(' .. ARGV[3], 'WITHSCORES', 'LIMIT', 0, ARGV[4])
end
return answer
