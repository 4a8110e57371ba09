-- ARGV: generation, how long the builder may be silent, and sums: hour, product, quantity
-- Answers: 0 when this is not the generation that is built, any more
if buildingGeneration() ~= ARGV[1] then
  return 0
end
redis.call('SET', ALIVE, ARGV[1], 'PX', ARGV[2])
for i = 3, #ARGV, 3 do
  add(ARGV[1], tonumber(ARGV[i]), ARGV[i + 1], tonumber(ARGV[i + 2]))
end
return 1
