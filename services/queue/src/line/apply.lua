-- Tells the line what the journal has decided. Telling it again changes nothing, and an admission that comes after its end, or that of its epoch, is none.
-- ARGV: kind ('A' admitted, 'S' admitted and known to its owner, 'E' ended), place, lane, until (ms since 1970) or end, and again
-- Answers: places that had to give way, because their member was admitted by another number; flat: place, lane, score
local gaveWay = {}
-- Of each lane, who comes in by this. Whom their owners know of came in earlier, and is told again after Redis was lost: a whole room of them at one moment
-- says nothing of how fast the lane moves.
local admitted = {}
local first = firstNumber()

local function admit(place, lane, untilMs, seen)
  local number, member = numberOf(place), memberOf(place)
  if endOf(number) or tonumber(number) < first then
    return
  end
  dropWaiting(place, lane)
  local new = redis.call('ZADD', ADMITTED, untilMs, place)
  if seen then
    redis.call('ZREM', UNSEEN, place)
    redis.call('SREM', CLAIMED, place)
  elseif new == 1 then
    redis.call('ZADD', UNSEEN, 'NX', nowMs, place)
    admitted[lane] = (admitted[lane] or 0) + 1
  end
  local owned, ownedLane = ownedBy(member)
  if owned and owned ~= number then
    local other = owned .. ':' .. member
    local score = dropWaiting(other, ownedLane)
    if score then
      gaveWay[#gaveWay + 1] = other
      gaveWay[#gaveWay + 1] = ownedLane
      gaveWay[#gaveWay + 1] = score
    end
  end
  own(number, member, lane)
end

local function finish(place, lane, ending)
  dropWaiting(place, lane)
  redis.call('ZREM', ADMITTED, place)
  redis.call('ZREM', UNSEEN, place)
  redis.call('SREM', CLAIMED, place)
  rememberEnd(numberOf(place), ending)
  free(numberOf(place), memberOf(place))
end

for i = 1, #ARGV, 4 do
  if ARGV[i] ~= 'E' then
    admit(ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i] == 'S')
  else
    finish(ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  end
end
for lane, count in pairs(admitted) do
  countAdmissions(lane, count)
end
return gaveWay
