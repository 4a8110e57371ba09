-- Puts genuine places that Redis has lost, and that the journal does not know, back into the line at their own score.
-- One place a member: an admitted one stays, else the lower one.
-- ARGV: epoch (microseconds), life of a token (seconds), then places
-- Answers: now, waiting, rate, state and value of each place ('LOST': another of its member stays), places that had to give way
local oldest = oldestNumber(ARGV[1], ARGV[2])
local watched = tonumber(redis.call('GET', WATCHED) or '-1')
local states, gaveWay = {}, {}

-- Whether another place of the member stays; if it does not, it gives way.
local function anotherStays(number, member)
  local owned = redis.call('HGET', ownerKey(member), member)
  if not owned or owned == number then
    return false
  end
  local other = owned .. ':' .. member
  if redis.call('ZSCORE', ADMITTED, other) then
    return true
  end
  if tonumber(owned) < tonumber(number) then
    return redis.call('ZSCORE', WAITING, other) or redis.call('ZSCORE', PARKED, other)
  end
  if dropWaiting(other) then
    gaveWay[#gaveWay + 1] = other
  end
  return false
end

local function putBack(place)
  local number, member = numberOf(place), memberOf(place)
  if tonumber(number) < oldest then
    return 'OVER', ''
  end
  if anotherStays(number, member) then
    return 'LOST', ''
  end
  redis.call('ZADD', WAITING, number, place)
  redis.call('HSET', ownerKey(member), member, number)
  if tonumber(number) <= watched then
    redis.call('ZADD', SEEN, nowMs, place)
  end
  return 'WAITING', redis.call('ZRANK', WAITING, place)
end

for i = 3, #ARGV do
  local state, value = look(ARGV[i], oldest)
  if state == 'UNKNOWN' then
    state, value = putBack(ARGV[i])
  end
  states[#states + 1] = state
  states[#states + 1] = value
end
return { text(nowMs), redis.call('ZCARD', WAITING), string.format('%.6f', admissionRate()), states, gaveWay }
