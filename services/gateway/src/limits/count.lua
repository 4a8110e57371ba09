-- Counts requests and looks for ended sessions, for many requests in one look. All keys share one hash tag.
-- KEYS: counters and sessions. ARGV: for each the seconds of its window, '' for a session
-- Answers, for each key: a counter's count and the milliseconds that are left of its window; 1 for a session that has ended, else 0
local answers = {}
for i, key in ipairs(KEYS) do
  if ARGV[i] == '' then
    answers[#answers + 1] = redis.call('EXISTS', key)
  else
    answers[#answers + 1] = redis.call('INCR', key)
    local left = redis.call('PTTL', key)
    if left < 0 then
      redis.call('EXPIRE', key, ARGV[i])
      left = tonumber(ARGV[i]) * 1000
    end
    answers[#answers + 1] = left
  end
end
return answers
