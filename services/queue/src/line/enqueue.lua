-- A member's place: the one it has, or a new one in the lane that is asked for. Who waits in the standard lane and is granted another goes on there.
-- ARGV: generation, member, epoch (microseconds), life of a token (seconds), capacity ('' for none), lane,
--   and the score of a new number: numbers below this have the draw's, the draw's, what is added to the others
-- Answers: outcome, number, lane, state, its value, now, waiting and rate of the lane, waiting in all, admitted
local generation, member, epochMicros, lifeSeconds, capacity, lane = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local drawnBelow, drawn, offset = tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])
if not marked(generation) then
  return { 'UNMARKED' }
end

local function answer(outcome, number, placeLane, state, value)
  local waiting, rate = paceOf(placeLane)
  return { outcome, number, placeLane, state, value, text(nowMs), waiting, rate, countWaiting(), redis.call('ZCARD', ADMITTED) }
end

local owned, ownedLane = ownedBy(member)
if owned then
  local place = owned .. ':' .. member
  local oldest = oldestNumber(epochMicros, lifeSeconds)
  local state, value = look(place, ownedLane, oldest)
  if state == 'UNKNOWN' and tonumber(owned) >= oldest then
    return { 'UNSURE', owned, ownedLane }
  end
  if state == 'WAITING' and ownedLane == STANDARD and lane ~= STANDARD then
    ownedLane, value = lane, move(place, STANDARD, lane)
  end
  -- UNKNOWN whose life is over: nothing would ever put it back or end it, and its member could never have another
  if state ~= 'OVER' and state ~= 'ENDED' and state ~= 'UNKNOWN' then
    return answer('SAME', owned, ownedLane, state, value)
  end
  free(owned, member)
end

-- Whoever was passed over may come back to its place, so it has room kept for it.
local function countPlaces()
  local places = countWaiting() + redis.call('ZCARD', ADMITTED)
  for _, lane in ipairs(lanes()) do
    places = places + redis.call('ZCARD', parkedKey(lane))
  end
  return places
end

if capacity ~= '' and countPlaces() >= tonumber(capacity) then
  return { 'FULL' }
end

local number = math.max(tonumber(redis.call('GET', LAST) or '0') + 1, nowMicros - tonumber(epochMicros))
local score = number < drawnBelow and drawn or text(offset + number)
number = text(number)
redis.call('SET', LAST, number)
own(number, member, lane)
return answer('NEW', number, lane, 'WAITING', putIn(number .. ':' .. member, lane, score))
