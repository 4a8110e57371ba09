-- Places of members: the one that each has, or a new one in the lane that it asks for. Who waits in the standard lane and is granted another goes on there.
-- ARGV: generation, epoch (microseconds), life of a token (seconds), capacity ('' for none), numbers below this have the draw's score, what is added
--   to the others for theirs; then of each member: its hash, lane, and score in the draw
-- Answers: '1', now, admitted, of each member: outcome, number, lane, state, its value, waiting in all; then the paces of their lanes. '0' when this
--   Redis has lost writes
local epochMicros, lifeSeconds, capacity = ARGV[2], ARGV[3], ARGV[4]
local drawnBelow, offset = tonumber(ARGV[5]), tonumber(ARGV[6])
if not marked(ARGV[1]) then
  return { '0' }
end

-- Whoever was passed over may come back to its place, so it has room kept for it.
local function countPlaces()
  local places = countWaiting() + redis.call('ZCARD', ADMITTED)
  for _, lane in ipairs(lanes()) do
    places = places + redis.call('ZCARD', parkedKey(lane))
  end
  return places
end

-- The place that a member has. Answers: outcome, number, lane, state, its value; nothing when it has none
local function same(member, lane)
  local owned, ownedLane = ownedBy(member)
  if not owned then
    return nil
  end
  local oldest = oldestNumber(epochMicros, lifeSeconds, drawnBelow)
  local place = owned .. ':' .. member
  local state, value = look(place, ownedLane, oldest)
  -- of an admission that the journal may be ending for a no-show it alone can tell, however old its number is
  if state == 'UNKNOWN' and (tonumber(owned) >= oldest or redis.call('ZSCORE', ADMITTED, place)) then
    return 'UNSURE', owned, ownedLane
  end
  if state == 'WAITING' and ownedLane == STANDARD and lane ~= STANDARD then
    ownedLane, value = lane, move(place, STANDARD, lane)
  end
  -- UNKNOWN whose life is over: nothing would ever put it back or end it, and its member could never have another
  if state ~= 'OVER' and state ~= 'ENDED' and state ~= 'UNKNOWN' then
    return 'SAME', owned, ownedLane, state, value
  end
  free(owned, member)
end

local function new(member, lane, drawn)
  if capacity ~= '' and countPlaces() >= tonumber(capacity) then
    return 'FULL'
  end
  local number = math.max(tonumber(redis.call('GET', LAST) or '0') + 1, nowMicros - tonumber(epochMicros))
  local score = number < drawnBelow and drawn or text(offset + number)
  number = text(number)
  redis.call('SET', LAST, number)
  own(number, member, lane)
  return 'NEW', number, lane, 'WAITING', putIn(number .. ':' .. member, lane, score)
end

local entries, moving = {}, {}
for i = 7, #ARGV, 3 do
  local outcome, number, lane, state, value = same(ARGV[i], ARGV[i + 1])
  if not outcome then
    outcome, number, lane, state, value = new(ARGV[i], ARGV[i + 1], ARGV[i + 2])
  end
  moving[lane or STANDARD] = true
  for _, said in ipairs({ outcome, number or '', lane or '', state or '', value or '', countWaiting() }) do
    entries[#entries + 1] = said
  end
end
return { '1', text(nowMs), redis.call('ZCARD', ADMITTED), entries, pacesOf(moving) }
