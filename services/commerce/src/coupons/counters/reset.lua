-- Begins to put a coupon's counters together again. Until mark.lua ends it, nothing is decided.
-- ARGV: new life
redis.call('UNLINK', COUPON, PENDING)
redis.call('HSET', COUPON, 'marker', 'restoring:' .. markerOf(ARGV[1]))
return 1
