-- How many are in the room.
-- Answers: admitted, then each lane and how many wait in it
local answer = { redis.call('ZCARD', ADMITTED) }
for _, lane in ipairs(lanes()) do
  answer[#answer + 1] = lane
  answer[#answer + 1] = redis.call('ZCARD', waitingKey(lane))
end
return answer
