-- Goes before every other script of this folder. KEYS[1] names the queue, its hash tag included; every key is that name and a suffix, so all lie in one slot.
-- A place is '<number>:<member hash>'. Numbers are written by %.0f: `..` would round them.
local queue = KEYS[1]
local MARKER, LAST, RATE = queue .. ':marker', queue .. ':last', queue .. ':rate'
local WAITING, PARKED, ADMITTED = queue .. ':waiting:standard', queue .. ':parked', queue .. ':admitted'
local SEEN, WATCHED, LOOKED = queue .. ':seen', queue .. ':watched', queue .. ':looked'

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

local function memberOf(place)
  return string.match(place, ':(.+)$')
end

-- This run of this Redis, and the life of the line that the journal knows: any other marker means lost writes.
local function markerOf(generation)
  return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') .. ':' .. generation
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

local function free(number, member)
  local key = ownerKey(member)
  if redis.call('HGET', key, member) == number then
    redis.call('HDEL', key, member)
  end
end

-- Numbers below this one have waited longer than a token lives.
local function oldestNumber(epochMicros, lifeSeconds)
  return nowMicros - tonumber(epochMicros) - tonumber(lifeSeconds) * 1000000
end

local function dropWaiting(place)
  local dropped = redis.call('ZREM', WAITING, place) + redis.call('ZREM', PARKED, place)
  redis.call('ZREM', SEEN, place)
  return dropped > 0
end

local function dropOver(place)
  dropWaiting(place)
  free(numberOf(place), memberOf(place))
end

-- Where a place stands, and its rank, end of the window (ms since 1970) or end. Asking counts as seen; who was parked stands in line again.
local function look(place, oldest)
  local number = numberOf(place)
  local rank = redis.call('ZRANK', WAITING, place)
  local parked = not rank and redis.call('ZSCORE', PARKED, place)
  if rank or parked then
    if tonumber(number) < oldest then
      dropOver(place)
      return 'OVER', ''
    end
    if rank then
      redis.call('ZADD', SEEN, 'XX', nowMs, place)
      return 'WAITING', rank
    end
    redis.call('ZREM', PARKED, place)
    redis.call('ZADD', WAITING, number, place)
    redis.call('ZADD', SEEN, nowMs, place)
    return 'WAITING', redis.call('ZRANK', WAITING, place)
  end
  local untilMs = redis.call('ZSCORE', ADMITTED, place)
  if untilMs then
    return 'ADMITTED', untilMs
  end
  local ending = endOf(number)
  if ending then
    return 'ENDED', ending
  end
  return 'UNKNOWN', ''
end

-- Admissions a second, smoothed: a decaying sum, corrected for the time before the first one.
local function admissionRate()
  local kept = redis.call('HMGET', RATE, 'value', 'at', 'since')
  if not kept[1] then
    return 0
  end
  local age = math.max(RATE_LEAST_AGE, (nowMs - tonumber(kept[3])) / 1000)
  local decay = math.exp(-math.max(0, nowMs - tonumber(kept[2])) / 1000 / RATE_SECONDS)
  return tonumber(kept[1]) * decay / (1 - math.exp(-age / RATE_SECONDS))
end

local function countAdmissions(count)
  local kept = redis.call('HMGET', RATE, 'value', 'at')
  local value = 0
  if kept[1] then
    value = tonumber(kept[1]) * math.exp(-math.max(0, nowMs - tonumber(kept[2])) / 1000 / RATE_SECONDS)
  else
    redis.call('HSET', RATE, 'since', text(nowMs))
  end
  redis.call('HSET', RATE, 'value', string.format('%.9f', value + count / RATE_SECONDS), 'at', text(nowMs))
end
