-- ARGV: the first hour of the window, how much may be done at once
-- Takes out of the sums what has left the window. Answers: 1 when all of it has, or there is nothing to take out of
local generation = activeGeneration()
local from = generation and firstHour(generation)
if not from then
  return 1
end
local wanted, budget = tonumber(ARGV[1]), tonumber(ARGV[2])
while from < wanted and budget > 0 do
  local hour = hourKey(generation, from)
  local some = redis.call('ZRANGE', hour, 0, budget - 1, 'WITHSCORES')
  for i = 1, #some, 2 do
    addTo(sumsKey(generation), -tonumber(some[i + 1]), some[i])
    redis.call('ZREM', hour, some[i])
  end
  budget = budget - #some / 2 - 1
  if redis.call('EXISTS', hour) == 0 then
    redis.call('UNLINK', seenKey(generation, from))
    from = from + 1
  end
end
redis.call('HSET', stateKey(generation), 'from', string.format('%.0f', from))
return from >= wanted and 1 or 0
