-- Takes everybody of an epoch that is over out of the line; what has ended, and how the lanes moved, is still known. From now on no number below the
-- first of the present epoch comes back. Last of all that ends an epoch: whatever was done to this line before is done again if it does not come to this.
-- ARGV: first number of the present epoch
if firstNumber() >= tonumber(ARGV[1]) then
  return
end
for _, lane in ipairs(lanes()) do
  redis.call('UNLINK', waitingKey(lane), parkedKey(lane), seenKey(lane), watchedKey(lane))
end
redis.call('UNLINK', LANES, ADMITTED, LOOKED, UNSEEN, CLAIMED, WATCH)
redis.call('SET', FIRST, ARGV[1])
