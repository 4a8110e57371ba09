-- What an operator sees of a line.
-- Answers: admitted, those of them whose owners have not come yet, then of each lane: its name, waiting, passed over, admissions a second
local answer = { redis.call('ZCARD', ADMITTED), redis.call('ZCARD', UNSEEN) }
for _, lane in ipairs(lanes()) do
  answer[#answer + 1] = lane
  answer[#answer + 1] = redis.call('ZCARD', waitingKey(lane))
  answer[#answer + 1] = redis.call('ZCARD', parkedKey(lane))
  answer[#answer + 1] = string.format('%.6f', admissionRate(lane))
end
return answer
