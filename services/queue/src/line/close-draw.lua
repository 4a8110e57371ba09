-- From now on nobody gets a number that is in the draw, whatever the clocks say.
-- ARGV: generation, number of the opening
-- Answers: 1, or 0 when this Redis has lost writes
if not marked(ARGV[1]) then
  return 0
end
redis.call('SET', LAST, text(math.max(tonumber(redis.call('GET', LAST) or '0'), tonumber(ARGV[2]))))
return 1
