-- ARGV: generation, how long the builder may be silent, and facts
-- Answers: 0 when this is not the generation that is built, any more
if buildingGeneration() ~= ARGV[1] then
  return 0
end
redis.call('SET', ALIVE, ARGV[1], 'PX', ARGV[2])
local at = 3
while at <= #ARGV do
  at = count(ARGV[1], at)
end
return 1
