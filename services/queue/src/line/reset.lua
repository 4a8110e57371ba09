-- Begins a new life of a line that has lost writes: numbers go on above any that may have been given out, all count as seen, and who is
-- admitted is told anew. Until mark.lua ends it, nobody gets a number and nobody is admitted.
-- ARGV: new generation, floor of the numbers, epoch (microseconds), lead above all that (microseconds), first number of the present epoch
-- Answers: last number, and how many this Redis still has waiting or parked; nothing when it has those of an epoch that is over
if firstNumber() < tonumber(ARGV[5]) then
  return {}
end
local lastNumber = math.max(tonumber(redis.call('GET', LAST) or '0'), tonumber(ARGV[2]), nowMicros - tonumber(ARGV[3])) + tonumber(ARGV[4])
local left = 0
for _, lane in ipairs(lanes()) do
  redis.call('UNLINK', seenKey(lane), watchedKey(lane))
  left = left + redis.call('ZCARD', waitingKey(lane)) + redis.call('ZCARD', parkedKey(lane))
end
redis.call('UNLINK', ADMITTED, LOOKED, UNSEEN, CLAIMED, WATCH)
redis.call('SET', LAST, text(lastNumber))
redis.call('SET', MARKER, 'restoring:' .. markerOf(ARGV[1]))
return { text(lastNumber), left }
