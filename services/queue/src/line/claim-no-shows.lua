-- Admissions whose owners never came while they were watched for the whole time, the longest watched first. From now on it is the journal alone who
-- answers their owners, under the lock of the row that is about to end, until Redis is told what became of them.
-- Nobody is watched while nobody could come: the time begins anew when no tick has looked for a while (the services were away), or no status was asked
-- for (the gateways were; somebody waits, and asks at least so often), or the line was lost.
-- ARGV: generation, time of watching (ms), longest silence between two status reads (ms), how many
-- Answers: '1' and places; '0' when this Redis has lost writes
local afterMs, silenceMs, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local GAP_MS = 5000

if not marked(ARGV[1]) then
  return { '0' }
end

local watch = redis.call('HMGET', WATCH, 'ticked', 'asked', 'since')
local ticked, asked, since = tonumber(watch[1] or '0'), tonumber(watch[2] or '0'), tonumber(watch[3] or '0')
if nowMs - ticked > GAP_MS or nowMs - asked > silenceMs then
  since = nowMs
end
redis.call('HSET', WATCH, 'ticked', text(nowMs), 'since', text(since))
if most <= 0 or nowMs - since < afterMs then
  return { '1', {} }
end

local places = redis.call('ZRANGEBYSCORE', UNSEEN, '-inf', text(nowMs - afterMs), 'LIMIT', 0, most)
for _, place in ipairs(places) do
  redis.call('SADD', CLAIMED, place)
end
return { '1', places }
