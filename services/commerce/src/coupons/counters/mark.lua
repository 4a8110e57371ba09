-- Ends what reset.lua began, unless this Redis has lost it meanwhile.
-- ARGV: new life, how many are left, when the coupon may be forgotten (ms since 1970)
-- Answers: 1, or 0 when it has
if not restoring(ARGV[1]) then
  return 0
end
redis.call('HSET', COUPON, 'marker', markerOf(ARGV[1]), 'left', ARGV[2])
redis.call('PEXPIREAT', COUPON, ARGV[3])
return 1
