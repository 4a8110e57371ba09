-- Says that what was pending is issued; again changes nothing. What is not marked will be told by the database.
-- ARGV: life, then of each: member, id of what was issued
if not marked(ARGV[1]) then
  return 0
end
for i = 2, #ARGV, 2 do
  redis.call('HSET', COUPON, ARGV[i], ARGV[i + 1])
  redis.call('ZREM', PENDING, ARGV[i])
end
return 1
