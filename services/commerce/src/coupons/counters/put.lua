-- Puts in who has one, as the database knows it.
-- ARGV: new life, then of each: member, id of what was issued
-- Answers: 1, or 0 when this Redis has lost what was put in before
if not restoring(ARGV[1]) then
  return 0
end
redis.call('HSET', COUPON, unpack(ARGV, 2))
return 1
