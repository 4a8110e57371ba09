-- Who gets one of those that ask, in their order.
-- ARGV: life, from, until (ms since 1970), the members
-- Answers: '1', and of each member an outcome and the id of what was issued ('' unless HAD). '0' when this Redis and the database are to be brought
--   together first
if not marked(ARGV[1]) then
  return { '0' }
end
local issuing = nowMs >= tonumber(ARGV[2]) and nowMs < tonumber(ARGV[3])
local left = tonumber(redis.call('HGET', COUPON, 'left'))
local taken, promised = 0, 0

local function decide(member)
  local issued = redis.call('HGET', COUPON, member)
  if issued and issued ~= '' then
    return 'HAD', issued
  end
  if not issued then
    if not issuing then
      return 'NOT_ACTIVE', ''
    end
    if taken == left then
      return 'SOLD_OUT', ''
    end
    taken = taken + 1
    redis.call('HSET', COUPON, member, '')
  end
  redis.call('ZADD', PENDING, nowMs, member)
  promised = promised + 1
  return 'PENDING', ''
end

local answer = { '1' }
for i = 4, #ARGV do
  answer[#answer + 1], answer[#answer + 2] = decide(ARGV[i])
end
if taken > 0 then
  redis.call('HINCRBY', COUPON, 'left', -taken)
end
if promised > 0 then
  redis.call('PEXPIRE', PENDING, redis.call('PTTL', COUPON))
end
return answer
