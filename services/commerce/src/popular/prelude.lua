-- Goes before every other script of this folder. KEYS[1] names the ranking, its hash tag included; every key is that name and a suffix, so all lie in one slot.
-- A generation is what one rebuild has made: a hash of its state, one sorted set of products an hour, one of their sums, and the orders that were counted,
-- by the hour of what was told of them. `active` is the one that is read, `building` the one that a rebuild fills; events are counted in both.
local ranking = KEYS[1]
local META, ALIVE = ranking .. ':meta', ranking .. ':alive'
-- What was counted is remembered for longer than a message that was not committed takes to come again.
local SEEN_SECONDS = 86400
-- Hours that a generation may have keys of: the window, and some for clocks that differ.
local HOURS = 80

local function stateKey(generation)
  return ranking .. ':' .. generation .. ':state'
end

local function sumsKey(generation)
  return ranking .. ':' .. generation .. ':sums'
end

local function hourKey(generation, hour)
  return string.format('%s:%s:hour:%.0f', ranking, generation, hour)
end

local function seenKey(generation, hour)
  return string.format('%s:%s:seen:%.0f', ranking, generation, hour)
end

-- nil when there is none, or when this Redis may have lost writes since it was made: restarted, emptied, or another master
local function activeGeneration()
  local meta = redis.call('HMGET', META, 'active', 'reign')
  return meta[1] and meta[2] == reign() and meta[1] or nil
end

-- nil when nobody builds in this reign
local function buildingGeneration()
  local meta = redis.call('HMGET', META, 'building', 'buildingReign')
  return meta[1] and meta[2] == reign() and meta[1] or nil
end

local function firstHour(generation)
  return tonumber(redis.call('HGET', stateKey(generation), 'from'))
end

local function drop(generation)
  local from = firstHour(generation)
  if from then
    for hour = from - 1, from + HOURS do
      redis.call('UNLINK', hourKey(generation, hour), seenKey(generation, hour))
    end
  end
  redis.call('UNLINK', sumsKey(generation), stateKey(generation))
end

-- What is nothing is not there: a product of which all was cancelled is like one that was never sold.
local function addTo(key, by, product)
  if tonumber(redis.call('ZINCRBY', key, by, product)) == 0 then
    redis.call('ZREM', key, product)
  end
end

local function add(generation, hour, product, by)
  addTo(hourKey(generation, hour), by, product)
  addTo(sumsKey(generation), by, product)
end

-- Counts what was told of one order: once, and only what the rebuild of this generation has not counted already, which is all before its `floor`.
-- A fact is: id, hour of the sale, millisecond of the fact, its sign, how many products, and each with its quantity.
local function count(generation, first)
  local id, hour, at = ARGV[first], tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
  local sign, products = tonumber(ARGV[first + 3]), tonumber(ARGV[first + 4])
  local after = first + 5 + 2 * products
  local state = redis.call('HMGET', stateKey(generation), 'from', 'floor')
  if not state[1] or at < tonumber(state[2]) or hour < tonumber(state[1]) then
    return after
  end
  local seen = seenKey(generation, math.floor(at / 3600000))
  if redis.call('SADD', seen, id) == 1 then
    redis.call('EXPIRE', seen, SEEN_SECONDS)
    for i = first + 5, after - 1, 2 do
      add(generation, hour, ARGV[i], sign * tonumber(ARGV[i + 1]))
    end
  end
  return after
end
