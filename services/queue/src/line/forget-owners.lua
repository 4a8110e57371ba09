-- What the members of an epoch that is over own: those whose hash begins with one character, as all at once would hold Redis for too long.
-- ARGV: first number of the present epoch, the character
if firstNumber() >= tonumber(ARGV[1]) then
  return
end
local BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
local keys = {}
for second = 1, 64 do
  for third = 0, 3 do
    keys[#keys + 1] = queue .. ':owner:' .. ARGV[2] .. string.sub(BASE64URL, second, second) .. text(third)
  end
end
redis.call('UNLINK', unpack(keys))
