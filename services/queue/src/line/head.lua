-- One look at the line by whoever admits: drops those whose token has lived out, watches those near the head, parks the absent, and
-- answers with the first present ones. Nobody is removed: only the journal admits.
-- ARGV: generation, epoch (microseconds), life of a token (seconds), abandonAfter (ms), how many to answer with
-- Answers: '1', last, waiting, places; '0' when this Redis has lost writes
local abandonMs, want = tonumber(ARGV[4]), tonumber(ARGV[5])
-- So many are looked after in one call, to keep it short.
local BATCH = 1000
-- Near the head: who will be admitted within one and a half abandonAfter at the present rate, within these bounds.
local NEAR_LEAST, NEAR_MOST = 1000, 20000
-- Nobody was watched while nobody looked (engines or services away): then all count as seen.
local GAP_MS = 5000

if not marked(ARGV[1]) then
  return { '0' }
end

local outOfLife = '(' .. text(oldestNumber(ARGV[2], ARGV[3]))
for _, key in ipairs({ WAITING, PARKED }) do
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', outOfLife, 'LIMIT', 0, BATCH)) do
    dropOver(place)
  end
end

local lookedMs = tonumber(redis.call('GET', LOOKED) or '0')
redis.call('SET', LOOKED, text(nowMs))
if nowMs - lookedMs > GAP_MS then
  redis.call('UNLINK', SEEN, WATCHED)
end

for _, place in ipairs(redis.call('ZRANGEBYSCORE', SEEN, '-inf', '(' .. text(nowMs - abandonMs), 'LIMIT', 0, BATCH)) do
  redis.call('ZREM', SEEN, place)
  if redis.call('ZREM', WAITING, place) == 1 then
    redis.call('ZADD', PARKED, numberOf(place), place)
  end
end

local near = math.min(NEAR_MOST, math.max(NEAR_LEAST, math.ceil(admissionRate() * abandonMs / 1000 * 1.5)))
local watched = redis.call('GET', WATCHED) or '-1'
local missing = math.min(BATCH, near - redis.call('ZCOUNT', WAITING, '-inf', watched))
if missing > 0 then
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', WAITING, '(' .. watched, '+inf', 'LIMIT', 0, missing)) do
    redis.call('ZADD', SEEN, 'NX', nowMs, place)
    watched = numberOf(place)
  end
  redis.call('SET', WATCHED, watched)
end

local first = want > 0 and redis.call('ZRANGE', WAITING, 0, want - 1) or {}
return { '1', redis.call('GET', LAST) or '0', redis.call('ZCARD', WAITING), first }
