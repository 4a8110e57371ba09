-- Whether this Redis has the whole of the line, as far as the journal knows.
-- ARGV: generation
-- Answers: 1, or 0 when it has lost writes and is to be restored
return marked(ARGV[1]) and 1 or 0
