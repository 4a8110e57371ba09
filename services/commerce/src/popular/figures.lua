-- Answers: when the generation that is read was built, its first hour and its number of products, or nothing three times; and whether one is built
local building = (buildingGeneration() and redis.call('EXISTS', ALIVE) == 1) and 1 or 0
local generation = activeGeneration()
local from = generation and firstHour(generation)
if not from then
  return { '', '', '', building }
end
return { redis.call('HGET', META, 'builtAt'), tostring(from), redis.call('ZCARD', sumsKey(generation)), building }
