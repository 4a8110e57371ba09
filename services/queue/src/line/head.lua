-- One look at the line by whoever admits: in each lane, drops those whose token has lived out, watches those near the head, parks the absent, and
-- answers with the first present ones. Nobody is removed: only the journal admits.
-- ARGV: generation, epoch (microseconds), life of a token (seconds), abandonAfter (ms), how many to answer with of each lane,
--   and the score of a number: numbers below this have the draw's, what is added to the others
-- Answers: '1', last, then of each lane: its name, waiting, places; '0' when this Redis has lost writes
local abandonMs, want = tonumber(ARGV[4]), tonumber(ARGV[5])
local drawnBelow, offset = tonumber(ARGV[6]), tonumber(ARGV[7])
-- So many are looked after in one call, to keep it short.
local BATCH = 1000
-- Near the head: who will be admitted within one and a half abandonAfter at the present rate, within these bounds.
local NEAR_LEAST, NEAR_MOST = 1000, 20000
-- Nobody was watched while nobody looked (engines or services away): then all count as seen.
local GAP_MS = 5000

if not marked(ARGV[1]) then
  return { '0' }
end

local all = lanes()
local lookedMs = tonumber(redis.call('GET', LOOKED) or '0')
redis.call('SET', LOOKED, text(nowMs))
if nowMs - lookedMs > GAP_MS then
  for _, lane in ipairs(all) do
    redis.call('UNLINK', seenKey(lane), watchedKey(lane))
  end
end

-- Scores that are not the draw's rise with the numbers. The draw's do not: those places are dropped when all of them have lived out, or when looked at.
local oldest = oldestNumber(ARGV[2], ARGV[3], drawnBelow)
local function dropOutOfLife(lane)
  local from = oldest >= drawnBelow and '-inf' or text(offset)
  for _, key in ipairs({ waitingKey(lane), parkedKey(lane) }) do
    for _, place in ipairs(redis.call('ZRANGEBYSCORE', key, from, '(' .. text(offset + oldest), 'LIMIT', 0, BATCH)) do
      dropOver(place, lane)
    end
  end
end

local function parkAbsent(lane)
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', seenKey(lane), '-inf', '(' .. text(nowMs - abandonMs), 'LIMIT', 0, BATCH)) do
    redis.call('ZREM', seenKey(lane), place)
    local score = redis.call('ZSCORE', waitingKey(lane), place)
    if score then
      redis.call('ZREM', waitingKey(lane), place)
      redis.call('ZADD', parkedKey(lane), score, place)
    end
  end
end

local function watchNear(lane)
  local near = math.min(NEAR_MOST, math.max(NEAR_LEAST, math.ceil(admissionRate(lane) * abandonMs / 1000 * 1.5)))
  local watched = redis.call('GET', watchedKey(lane)) or '-1'
  local missing = math.min(BATCH, near - redis.call('ZCOUNT', waitingKey(lane), '-inf', watched))
  if missing <= 0 then
    return
  end
  local places = redis.call('ZRANGEBYSCORE', waitingKey(lane), '(' .. watched, '+inf', 'LIMIT', 0, missing)
  for _, place in ipairs(places) do
    redis.call('ZADD', seenKey(lane), 'NX', nowMs, place)
  end
  if #places > 0 then
    redis.call('SET', watchedKey(lane), redis.call('ZSCORE', waitingKey(lane), places[#places]))
  end
end

local answer = { '1', redis.call('GET', LAST) or '0' }
for _, lane in ipairs(all) do
  dropOutOfLife(lane)
  parkAbsent(lane)
  watchNear(lane)
  local waiting = redis.call('ZCARD', waitingKey(lane))
  if lane ~= STANDARD and waiting == 0 and redis.call('EXISTS', parkedKey(lane)) == 0 then
    redis.call('SREM', LANES, lane)
    redis.call('UNLINK', seenKey(lane), watchedKey(lane))
  end
  answer[#answer + 1] = lane
  answer[#answer + 1] = waiting
  answer[#answer + 1] = want > 0 and redis.call('ZRANGE', waitingKey(lane), 0, want - 1) or {}
end
return answer
