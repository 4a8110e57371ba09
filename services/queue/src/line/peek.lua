-- A look at the line that changes nothing.
-- ARGV: generation
-- Answers: '1', last; '0' when this Redis has lost writes
if not marked(ARGV[1]) then
  return { '0' }
end
return { '1', redis.call('GET', LAST) or '0' }
