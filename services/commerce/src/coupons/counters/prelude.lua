-- Goes before every other script of this folder, and behind `reignLua` of @onsale/shared/redis. KEYS[1] is the coupon: a hash of who has one (member: id
-- of what was issued, '' while it is pending), with how many are left and the marker in it, so that it is lost as a whole or not at all. KEYS[2] is
-- who is pending, by since when. Both have one hash tag.
local COUPON, PENDING = KEYS[1], KEYS[2]

local time = redis.call('TIME')
local nowMs = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- This reign of this master, and the life that the database knows: any other marker means that the two may not tell the same.
local function markerOf(life)
  return reign() .. ':' .. life
end

local function marked(life)
  return redis.call('HGET', COUPON, 'marker') == markerOf(life)
end

local function restoring(life)
  return redis.call('HGET', COUPON, 'marker') == 'restoring:' .. markerOf(life)
end
