-- Takes a queue from the busy ones, unless somebody has marked it since it was looked at.
-- KEYS: the busy queues. ARGV: queue id, its mark as it was read
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then
  return redis.call('ZREM', KEYS[1], ARGV[1])
end
return 0
