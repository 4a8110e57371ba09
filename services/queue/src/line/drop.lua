-- Takes places out of the line that can never come to their turn; of their numbers nothing is remembered, as those are others'.
-- ARGV: place, lane, and again
-- Answers: nothing
for i = 1, #ARGV, 2 do
  dropOver(ARGV[i], ARGV[i + 1])
end
