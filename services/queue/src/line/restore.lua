-- Puts genuine places that Redis has lost, and that the journal does not know, back into their lane at their own score.
-- One place a member: an admitted one stays, else the lower one.
-- ARGV: epoch (microseconds), life of a token (seconds), number of the opening, then place, lane and score of each
-- Answers: now, state, value and lane of each place ('LOST': another of its member stays), lane, waiting and rate of those lanes, and
--   places that had to give way, flat: place, lane, score
local oldest = oldestNumber(ARGV[1], ARGV[2], ARGV[3])
local states, waitingIn, gaveWay = {}, {}, {}

-- Whether another place of the member stays; if it does not, it gives way.
local function anotherStays(number, member)
  local owned, ownedLane = ownedBy(member)
  if not owned or owned == number then
    return false
  end
  local other = owned .. ':' .. member
  if redis.call('ZSCORE', ADMITTED, other) then
    return true
  end
  if tonumber(owned) < tonumber(number) then
    return redis.call('ZSCORE', waitingKey(ownedLane), other) or redis.call('ZSCORE', parkedKey(ownedLane), other)
  end
  local score = dropWaiting(other, ownedLane)
  if score then
    gaveWay[#gaveWay + 1] = other
    gaveWay[#gaveWay + 1] = ownedLane
    gaveWay[#gaveWay + 1] = score
  end
  return false
end

local function putBack(place, lane, score)
  local number, member = numberOf(place), memberOf(place)
  if tonumber(number) < oldest then
    return 'OVER', ''
  end
  if anotherStays(number, member) then
    return 'LOST', ''
  end
  own(number, member, lane)
  return 'WAITING', putIn(place, lane, score)
end

for i = 4, #ARGV, 3 do
  local state, value, lane = look(ARGV[i], ARGV[i + 1], oldest)
  if state == 'UNKNOWN' then
    state, value = putBack(ARGV[i], lane, ARGV[i + 2])
  end
  states[#states + 1] = state
  states[#states + 1] = value
  states[#states + 1] = lane
  if state == 'WAITING' then
    waitingIn[lane] = true
  end
end
return { text(nowMs), states, pacesOf(waitingIn), gaveWay }
