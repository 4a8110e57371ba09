-- ARGV: the first hour of the window, how many to pass over, how many to answer with
-- Answers: lost; behind, when hours are in the sums that have left the window; or the first hour that is, and products with their sums
local generation = activeGeneration()
if not generation then
  return { 'lost' }
end
local from = firstHour(generation)
if not from then
  return { 'lost' }
end
if from < tonumber(ARGV[1]) then
  return { 'behind' }
end
return { 'read', tostring(from), redis.call('ZREVRANGEBYSCORE', sumsKey(generation), '+inf', '(0', 'WITHSCORES', 'LIMIT', ARGV[2], ARGV[3]) }
