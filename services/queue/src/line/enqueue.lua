-- A member's place: the one it has, or a new one at the end of the line.
-- ARGV: generation, member, epoch (microseconds), life of a token (seconds), capacity ('' for none)
-- Answers: outcome, number, state, its value, now, waiting, rate, admitted
local generation, member, epochMicros, lifeSeconds, capacity = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if not marked(generation) then
  return { 'UNMARKED' }
end

local function answer(outcome, number, state, value)
  local waiting, admitted = redis.call('ZCARD', WAITING), redis.call('ZCARD', ADMITTED)
  return { outcome, number, state, value, text(nowMs), waiting, string.format('%.6f', admissionRate()), admitted }
end

local owned = redis.call('HGET', ownerKey(member), member)
if owned then
  local oldest = oldestNumber(epochMicros, lifeSeconds)
  local state, value = look(owned .. ':' .. member, oldest)
  if state == 'UNKNOWN' and tonumber(owned) >= oldest then
    return { 'UNSURE', owned }
  end
  -- UNKNOWN whose life is over: nothing would ever put it back or end it, and its member could never have another
  if state ~= 'OVER' and state ~= 'ENDED' and state ~= 'UNKNOWN' then
    return answer('SAME', owned, state, value)
  end
  free(owned, member)
end

if capacity ~= '' and redis.call('ZCARD', WAITING) + redis.call('ZCARD', ADMITTED) >= tonumber(capacity) then
  return { 'FULL' }
end

local number = text(math.max(tonumber(redis.call('GET', LAST) or '0') + 1, nowMicros - tonumber(epochMicros)))
local place = number .. ':' .. member
redis.call('SET', LAST, number)
redis.call('ZADD', WAITING, number, place)
redis.call('HSET', ownerKey(member), member, number)
return answer('NEW', number, 'WAITING', redis.call('ZRANK', WAITING, place))
