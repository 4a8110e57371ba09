-- ARGV: facts, one after another
for _, generation in ipairs({ activeGeneration() or false, buildingGeneration() or false }) do
  if generation then
    local at = 1
    while at <= #ARGV do
      at = count(generation, at)
    end
  end
end
return 1
