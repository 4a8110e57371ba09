-- Begins to put a coupon's counters together again. Until mark.lua ends it, nothing is decided.
-- ARGV: new life, for how long this is kept if nobody ends it (ms)
redis.call('UNLINK', COUPON, PENDING)
redis.call('HSET', COUPON, 'marker', 'restoring:' .. markerOf(ARGV[1]))
redis.call('PEXPIRE', COUPON, ARGV[2])
return 1
