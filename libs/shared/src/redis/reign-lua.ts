/**
 * For the head of a script: `reign()` is this reign of this master, as `reignsOf` tells it from outside. What was marked with another one may have lost
 * writes since. The replication id is new with every start and every promotion, of one that was master before and comes back, too. A replica, or a
 * master that has become one, has none, and its answer is a mark of nothing.
 */
export const reignLua = `
local function reign()
  local info = redis.call('INFO', 'replication')
  return string.find(info, 'role:master', 1, true) and string.match(info, 'master_replid:(%x+)') or 'replica'
end
`;
