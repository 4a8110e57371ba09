-- Tells the line what the journal has decided. Telling it again changes nothing, and an admission that comes after its end is none.
-- ARGV: kind ('A' admitted, 'E' ended), place, until (ms since 1970) or end, and again
-- Answers: places that had to give way, because their member was admitted by another number
local gaveWay = {}
local admitted = 0

local function admit(place, untilMs)
  local number, member = numberOf(place), memberOf(place)
  if endOf(number) then
    return
  end
  dropWaiting(place)
  admitted = admitted + redis.call('ZADD', ADMITTED, untilMs, place)
  local owned = redis.call('HGET', ownerKey(member), member)
  if owned and owned ~= number and dropWaiting(owned .. ':' .. member) then
    gaveWay[#gaveWay + 1] = owned .. ':' .. member
  end
  redis.call('HSET', ownerKey(member), member, number)
end

local function finish(place, ending)
  dropWaiting(place)
  redis.call('ZREM', ADMITTED, place)
  rememberEnd(numberOf(place), ending)
  free(numberOf(place), memberOf(place))
end

for i = 1, #ARGV, 3 do
  if ARGV[i] == 'A' then
    admit(ARGV[i + 1], ARGV[i + 2])
  else
    finish(ARGV[i + 1], ARGV[i + 2])
  end
end
if admitted > 0 then
  countAdmissions(admitted)
end
return gaveWay
