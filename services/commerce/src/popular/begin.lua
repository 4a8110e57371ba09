-- ARGV: generation, the first hour of the window, the floor in milliseconds, how long the builder may be silent
-- Answers: 0 when somebody else builds
if buildingGeneration() and redis.call('EXISTS', ALIVE) == 1 then
  return 0
end
local left = redis.call('HGET', META, 'building')
if left then
  drop(left)
end
redis.call('HSET', META, 'building', ARGV[1], 'buildingReign', reign())
redis.call('SET', ALIVE, ARGV[1], 'PX', ARGV[4])
redis.call('HSET', stateKey(ARGV[1]), 'from', ARGV[2], 'floor', ARGV[3])
return 1
