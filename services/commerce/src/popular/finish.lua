-- ARGV: generation, the time
-- From now on this generation is read. Answers: 0 when it is not the one that is built, any more
if buildingGeneration() ~= ARGV[1] then
  return 0
end
local old = redis.call('HGET', META, 'active')
redis.call('HSET', META, 'active', ARGV[1], 'reign', reign(), 'builtAt', ARGV[2])
redis.call('HDEL', META, 'building', 'buildingReign')
redis.call('DEL', ALIVE)
if old then
  drop(old)
end
return 1
