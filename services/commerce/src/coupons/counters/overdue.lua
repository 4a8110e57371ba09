-- Who has been pending for so long.
-- ARGV: life, so long (ms), most
-- Answers: the members; nobody where the marker is another one, for then nobody is pending any more
if not marked(ARGV[1]) then
  return {}
end
return redis.call('ZRANGEBYSCORE', PENDING, '-inf', nowMs - tonumber(ARGV[2]), 'LIMIT', 0, ARGV[3])
