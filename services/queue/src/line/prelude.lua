-- Goes before every other script of this folder, and behind `reignLua` of @onsale/shared/redis. KEYS[1] names the queue, its hash tag included; every key is that name and a suffix, so all lie in one slot.
-- A place is '<number>:<member hash>'; it stands in one lane, in the order of its score there. Numbers are written by %.0f: `..` would round them.
local queue = KEYS[1]
local MARKER, LAST, LANES = queue .. ':marker', queue .. ':last', queue .. ':lanes'
-- The first number of the epoch that this line is of; it is gone with a line that is lost, and comes back with the next life of it.
local FIRST = queue .. ':first'
local ADMITTED, LOOKED = queue .. ':admitted', queue .. ':looked'
local STANDARD = 'standard'
-- The admitted whose owners have not come yet, by when Redis was told of their admission; those of them whom the journal may be ending for it; and since
-- when somebody has watched for them (hash).
local UNSEEN, CLAIMED, WATCH = queue .. ':unseen', queue .. ':claimed', queue .. ':watch'

-- In line; gone near the head; when those near the head were last seen; the score up to which they are watched; the lane's admission rate.
local function waitingKey(lane)
  return queue .. ':waiting:' .. lane
end

local function parkedKey(lane)
  return queue .. ':parked:' .. lane
end

local function seenKey(lane)
  return queue .. ':seen:' .. lane
end

local function watchedKey(lane)
  return queue .. ':watched:' .. lane
end

local function rateKey(lane)
  return queue .. ':rate:' .. lane
end

-- Ends are remembered for 15 to 30 minutes: far longer than a late answer of the journal may be under way.
local ENDED_SLOT_SECONDS = 900
-- The admission rate is smoothed over about a minute.
local RATE_SECONDS, RATE_LEAST_AGE = 60, 10

local time = redis.call('TIME')
local nowSeconds = tonumber(time[1])
local nowMs = nowSeconds * 1000 + math.floor(tonumber(time[2]) / 1000)
local nowMicros = nowSeconds * 1000000 + tonumber(time[2])

local function text(number)
  return string.format('%.0f', number)
end

local function numberOf(place)
  return string.match(place, '^(%d+):')
end

-- '' where nobody could tell whose number was revoked
local function memberOf(place)
  return string.match(place, ':(.*)$')
end

-- This reign of this master, and the life of the line that the journal knows: any other marker means lost writes.
local function markerOf(generation)
  return reign() .. ':' .. generation
end

local function marked(generation)
  return redis.call('GET', MARKER) == markerOf(generation)
end

-- 16,384 hashes, small enough to stay compact at a million members. A member hash is base64url, so both parts are evenly spread.
local function ownerKey(member)
  return queue .. ':owner:' .. string.sub(member, 1, 2) .. text(string.byte(member, 3) % 4)
end

local function endedKey(slotsAgo)
  return queue .. ':ended:' .. text(math.floor(nowSeconds / ENDED_SLOT_SECONDS) - slotsAgo)
end

local function endOf(number)
  return redis.call('HGET', endedKey(0), number) or redis.call('HGET', endedKey(1), number)
end

local function rememberEnd(number, ending)
  redis.call('HSET', endedKey(0), number, ending)
  redis.call('EXPIRE', endedKey(0), 2 * ENDED_SLOT_SECONDS)
end

-- What a member owns: a number, and ':<lane>' where that is not the standard one. Most of a million are numbers, which take 8 bytes.
local function own(number, member, lane)
  redis.call('HSET', ownerKey(member), member, lane == STANDARD and number or number .. ':' .. lane)
end

-- Answers: number and lane, or nothing
local function ownedBy(member)
  local owned = member ~= '' and redis.call('HGET', ownerKey(member), member)
  if owned then
    local number, lane = string.match(owned, '^(%d+):(.+)$')
    return number or owned, lane or STANDARD
  end
end

local function free(number, member)
  if ownedBy(member) == number then
    redis.call('HDEL', ownerKey(member), member)
  end
end

-- The lanes that somebody may stand in: a lane is in the set from before its first place until it was found empty.
local function lanes()
  local all = redis.call('SMEMBERS', LANES)
  table.sort(all)
  table.insert(all, 1, STANDARD)
  return all
end

local function countWaiting()
  local waiting = 0
  for _, lane in ipairs(lanes()) do
    waiting = waiting + redis.call('ZCARD', waitingKey(lane))
  end
  return waiting
end

-- The first number of the line's epoch. Lower ones never come back, whoever still takes that epoch for the present one.
local function firstNumber()
  return tonumber(redis.call('GET', FIRST) or '0')
end

-- Numbers below this one are of an epoch that is over, or have waited longer than a token lives; those of the draw wait from the opening on (`oldestNumber` of opening.ts).
local function oldestNumber(epochMicros, lifeSeconds, drawnBelow)
  local oldest = nowMicros - tonumber(epochMicros) - tonumber(lifeSeconds) * 1000000
  return math.max(firstNumber(), oldest > tonumber(drawnBelow) and oldest or 0)
end

local function takeOut(place, lane)
  local score = redis.call('ZSCORE', waitingKey(lane), place)
  if score then
    redis.call('ZREM', waitingKey(lane), place)
    redis.call('ZREM', seenKey(lane), place)
    return score
  end
  score = redis.call('ZSCORE', parkedKey(lane), place)
  if score then
    redis.call('ZREM', parkedKey(lane), place)
  end
  return score
end

-- Takes a place out of its lane, or of the one that its member has been moved to. Answers: score and lane, or nothing
local function dropWaiting(place, lane)
  local score = takeOut(place, lane)
  if score then
    return score, lane
  end
  local number, kept = ownedBy(memberOf(place))
  if number == numberOf(place) and kept ~= lane then
    return takeOut(place, kept), kept
  end
end

local function dropOver(place, lane)
  dropWaiting(place, lane)
  free(numberOf(place), memberOf(place))
end

-- Puts a place in line; near the head it is watched from now on. Answers: its rank
local function putIn(place, lane, score)
  if lane ~= STANDARD then
    redis.call('SADD', LANES, lane)
  end
  redis.call('ZADD', waitingKey(lane), score, place)
  if tonumber(score) <= tonumber(redis.call('GET', watchedKey(lane)) or '-1') then
    redis.call('ZADD', seenKey(lane), nowMs, place)
  end
  return redis.call('ZRANK', waitingKey(lane), place)
end

-- A place that waits in one lane goes on in another, by the score that it has.
local function move(place, from, to)
  local score = takeOut(place, from)
  own(numberOf(place), memberOf(place), to)
  return putIn(place, to, score)
end

-- Where a place of a lane stands, and its rank, if it is in line. Who was parked stands in line again.
local function lookInLane(place, lane, oldest)
  local rank = redis.call('ZRANK', waitingKey(lane), place)
  local parked = not rank and redis.call('ZSCORE', parkedKey(lane), place)
  if not rank and not parked then
    return nil
  end
  if tonumber(numberOf(place)) < oldest then
    dropOver(place, lane)
    return 'OVER', ''
  end
  if rank then
    redis.call('ZADD', seenKey(lane), 'XX', nowMs, place)
    return 'WAITING', rank
  end
  redis.call('ZREM', parkedKey(lane), place)
  return 'WAITING', putIn(place, lane, parked)
end

-- Where a place stands; its rank, end of the window (ms since 1970) or end; and its lane. Asking counts as seen. The lane of its token is where it
-- is looked for first. One that was moved to a granted lane has two genuine tokens: it stands in the granted lane, whichever is shown, as either
-- may be the first after Redis has lost the move.
local function look(place, lane, oldest)
  local state, value = lookInLane(place, lane, oldest)
  if state then
    return state, value, lane
  end
  local untilMs = redis.call('ZSCORE', ADMITTED, place)
  if untilMs then
    if redis.call('ZSCORE', UNSEEN, place) then
      if redis.call('SISMEMBER', CLAIMED, place) == 1 then
        return 'UNKNOWN', '', lane
      end
      redis.call('ZREM', UNSEEN, place)
    end
    return 'ADMITTED', untilMs, lane
  end
  local ending = endOf(numberOf(place))
  if ending then
    return 'ENDED', ending, lane
  end
  local number, kept = ownedBy(memberOf(place))
  if number == numberOf(place) and kept ~= lane then
    state, value = lookInLane(place, kept, oldest)
    if state == 'WAITING' and kept == STANDARD then
      return state, move(place, kept, lane), lane
    end
    if state then
      return state, value, kept
    end
  end
  return 'UNKNOWN', '', lane
end

-- Admissions of a lane a second, smoothed: a decaying sum, corrected for the time before the first one.
local function admissionRate(lane)
  local kept = redis.call('HMGET', rateKey(lane), 'value', 'at', 'since')
  if not kept[1] then
    return 0
  end
  local age = math.max(RATE_LEAST_AGE, (nowMs - tonumber(kept[3])) / 1000)
  local decay = math.exp(-math.max(0, nowMs - tonumber(kept[2])) / 1000 / RATE_SECONDS)
  return tonumber(kept[1]) * decay / (1 - math.exp(-age / RATE_SECONDS))
end

local function countAdmissions(lane, count)
  local key = rateKey(lane)
  local kept = redis.call('HMGET', key, 'value', 'at')
  local value = 0
  if kept[1] then
    value = tonumber(kept[1]) * math.exp(-math.max(0, nowMs - tonumber(kept[2])) / 1000 / RATE_SECONDS)
  else
    redis.call('HSET', key, 'since', text(nowMs))
  end
  redis.call('HSET', key, 'value', string.format('%.9f', value + count / RATE_SECONDS), 'at', text(nowMs))
end

-- How a lane moves: those waiting in it, and its admissions a second.
local function paceOf(lane)
  return redis.call('ZCARD', waitingKey(lane)), string.format('%.6f', admissionRate(lane))
end

-- The paces of lanes (keys of a table), flat: lane, waiting, rate
local function pacesOf(asked)
  local flat = {}
  for lane in pairs(asked) do
    flat[#flat + 1] = lane
    flat[#flat + 1], flat[#flat + 2] = paceOf(lane)
  end
  return flat
end
