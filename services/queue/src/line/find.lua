-- Who stands in line by a number that came without its member, as an operator names it.
-- ARGV: number, its score
-- Answers: place and lane, or nothing
for _, lane in ipairs(lanes()) do
  for _, key in ipairs({ waitingKey(lane), parkedKey(lane) }) do
    for _, place in ipairs(redis.call('ZRANGEBYSCORE', key, ARGV[2], ARGV[2])) do
      if numberOf(place) == ARGV[1] then
        return { place, lane }
      end
    end
  end
end
return {}
