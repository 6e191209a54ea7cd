/**
 * One script a verb (P9): Redis runs each as a whole, so that looking and writing cannot come apart. A record is a hash:
 * `v` value, `ver` version, `exp` expiry, `cl` claimed at, `bur` buried, `gen` generation, `p:…` entries, `s:…` the sets it
 * stands in. `now` is handed in; Redis' own expiry only cleans up, a minute late, and is always relative: its clock decides nothing.
 */
const COMMON = `
local SLACK = 60
local function keep(key, exp, now)
  local seconds = math.max(1, math.ceil(tonumber(exp) - tonumber(now)) + SLACK)
  if redis.call('TTL', key) < seconds then redis.call('EXPIRE', key, seconds) end
end
local function drop(prefix, kind, id, key)
  local fields = redis.call('HKEYS', key)
  for _, field in ipairs(fields) do
    if string.sub(field, 1, 2) == 's:' then
      local name = string.sub(field, 3)
      redis.call('ZREM', prefix .. 's:' .. kind .. ':' .. name .. ':' .. redis.call('HGET', key, field), id)
    end
  end
  redis.call('ZREM', prefix .. 'x:' .. kind, id)
  redis.call('DEL', key)
end
local function stateOf(prefix, kind, id, key, now)
  local exp = redis.call('HGET', key, 'exp')
  if not exp then return 'nothing' end
  if tonumber(exp) > tonumber(now) then
    if redis.call('HGET', key, 'bur') then return 'buried' end
    return 'live'
  end
  drop(prefix, kind, id, key)
  return 'nothing'
end
local function countAbandoned(counter, leases, now, keepUntil, leaseSeconds)
  local gone = redis.call('ZREMRANGEBYSCORE', leases, '-inf', tonumber(now) - tonumber(leaseSeconds))
  if gone > 0 then
    redis.call('HINCRBY', counter, 'failures', gone)
    redis.call('HSET', counter, 'at', now)
    keep(counter, keepUntil, now)
  end
  return gone
end
local function failuresOf(counter, now)
  local exp = redis.call('HGET', counter, 'exp')
  if exp and tonumber(exp) <= tonumber(now) then
    redis.call('DEL', counter)
    return 0
  end
  return tonumber(redis.call('HGET', counter, 'failures') or '0')
end
local function keepCounter(counter, now, keepUntil)
  local exp = tonumber(redis.call('HGET', counter, 'exp') or '0')
  if tonumber(keepUntil) > exp then redis.call('HSET', counter, 'exp', keepUntil) end
  redis.call('HSETNX', counter, 'failures', 0)
  keep(counter, keepUntil, now)
end
`;

/**
 * Before every verb that writes or decides: the last key holds the generation and the last argument the one that the caller
 * knows. A store that was emptied meanwhile is noticed here, in the same step, before anything is granted (P6).
 */
const GUARD = `
if redis.call('HGET', KEYS[#KEYS], 'id') ~= ARGV[#ARGV] then return redis.error_reply('LOST the store was emptied') end
`;

/** Name to script. `keys` leaves out that of the generation, which every guarded script gets as its last one. */
const scripts: Record<string, { keys: number; isGuarded: boolean; lua: string }> = {
  // ARGV: prefix kind id mode now exp value generation version linger, then counts and pairs of sets, entries, and entries to unset
  spWrite: {
    keys: 1,
    isGuarded: true,
    lua: `${COMMON}
local key, prefix, kind, id, mode, now, exp = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local before = stateOf(prefix, kind, id, key, now)
if before == 'buried' then return 0 end
if mode == 'insert' and before == 'live' then return 0 end
if mode == 'replace' and (before ~= 'live' or redis.call('HGET', key, 'ver') ~= ARGV[9]) then return 0 end
if mode ~= 'merge' and before == 'live' then
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'p:' then redis.call('HDEL', key, field) end
  end
end
redis.call('HSET', key, 'v', ARGV[7], 'exp', exp)
redis.call('HINCRBY', key, 'ver', 1)
redis.call('HSETNX', key, 'gen', ARGV[8])
local linger = tonumber(ARGV[10])
if linger > 0 then redis.call('ZADD', prefix .. 'x:' .. kind, 'LT', exp, id) end
local at = 11
local sets = tonumber(ARGV[at]); at = at + 1
for i = 1, sets do
  local set = prefix .. 's:' .. kind .. ':' .. ARGV[at] .. ':' .. ARGV[at + 1]
  redis.call('ZREMRANGEBYSCORE', set, '-inf', tonumber(now) - SLACK)
  redis.call('ZADD', set, exp, id)
  keep(set, exp, now)
  redis.call('HSET', key, 's:' .. ARGV[at], ARGV[at + 1])
  at = at + 2
end
local entries = tonumber(ARGV[at]); at = at + 1
for i = 1, entries do redis.call('HSET', key, 'p:' .. ARGV[at], ARGV[at + 1]); at = at + 2 end
local unset = tonumber(ARGV[at]); at = at + 1
for i = 1, unset do redis.call('HDEL', key, 'p:' .. ARGV[at]); at = at + 1 end
redis.call('PERSIST', key)
keep(key, tonumber(exp) + linger, now)
return 1`,
  },
  // ARGV: now
  spGet: {
    keys: 1,
    isGuarded: false,
    lua: `
local exp = redis.call('HGET', KEYS[1], 'exp')
if not exp or tonumber(exp) <= tonumber(ARGV[1]) or redis.call('HGET', KEYS[1], 'bur') then return false end
return redis.call('HGETALL', KEYS[1])`,
  },
  // ARGV: prefix kind id
  spRemove: {
    keys: 1,
    isGuarded: true,
    lua: `${COMMON}
if redis.call('HGET', KEYS[1], 'bur') then return 0 end
drop(ARGV[1], ARGV[2], ARGV[3], KEYS[1])
return 1`,
  },
  // ARGV: prefix kind id until now
  spBury: {
    keys: 1,
    isGuarded: true,
    lua: `${COMMON}
local before, exp = false, redis.call('HGET', KEYS[1], 'exp')
if exp and tonumber(exp) > tonumber(ARGV[5]) and not redis.call('HGET', KEYS[1], 'bur') then
  before = redis.call('HGETALL', KEYS[1])
end
drop(ARGV[1], ARGV[2], ARGV[3], KEYS[1])
redis.call('HSET', KEYS[1], 'bur', 1, 'exp', ARGV[4], 'ver', 1, 'v', '')
keep(KEYS[1], ARGV[4], ARGV[5])
return before`,
  },
  // ARGV: prefix kind id exp now, and the set and key that it must stand in
  spRenew: {
    keys: 1,
    isGuarded: true,
    lua: `${COMMON}
local key, exp = KEYS[1], redis.call('HGET', KEYS[1], 'exp')
if not exp or tonumber(exp) <= tonumber(ARGV[5]) or redis.call('HGET', key, 'bur') then return false end
if redis.call('HGET', key, 's:' .. ARGV[6]) ~= ARGV[7] then return false end
redis.call('HSET', key, 'exp', ARGV[4])
keep(key, ARGV[4], ARGV[5])
local fields = redis.call('HGETALL', key)
for i = 1, #fields, 2 do
  if string.sub(fields[i], 1, 2) == 's:' then
    local set = ARGV[1] .. 's:' .. ARGV[2] .. ':' .. string.sub(fields[i], 3) .. ':' .. fields[i + 1]
    redis.call('ZADD', set, ARGV[4], ARGV[3])
    keep(set, ARGV[4], ARGV[5])
  end
end
return fields`,
  },
  // KEYS: the expiries of the kind. ARGV: prefix kind now leaseSeconds limit
  spTakeExpired: {
    keys: 1,
    isGuarded: true,
    lua: `
local now, taken = tonumber(ARGV[3]), {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[5])) do
  local key = ARGV[1] .. 'r:' .. ARGV[2] .. ':' .. id
  local exp = tonumber(redis.call('HGET', key, 'exp'))
  if not exp then
    redis.call('ZREM', KEYS[1], id)
  elseif exp > now then
    redis.call('ZADD', KEYS[1], exp, id)
  else
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), id)
    taken[#taken + 1] = { id, redis.call('HGETALL', key) }
  end
end
return taken`,
  },
  // ARGV: now
  spClaim: {
    keys: 1,
    isGuarded: true,
    lua: `
local exp = redis.call('HGET', KEYS[1], 'exp')
if not exp or tonumber(exp) <= tonumber(ARGV[1]) or redis.call('HGET', KEYS[1], 'bur') then return 0 end
return redis.call('HSETNX', KEYS[1], 'cl', ARGV[1])`,
  },
  // KEYS: the set. ARGV: prefix kind now
  spMembers: {
    keys: 1,
    isGuarded: false,
    lua: `
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[3], '+inf')) do
  local exp = redis.call('HGET', ARGV[1] .. 'r:' .. ARGV[2] .. ':' .. id, 'exp')
  if exp and tonumber(exp) > tonumber(ARGV[3]) then found[#found + 1] = id end
end
return found`,
  },
  // KEYS: the set. ARGV: prefix kind
  spRemoveMembers: {
    keys: 1,
    isGuarded: true,
    lua: `${COMMON}
local ids = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, id in ipairs(ids) do drop(ARGV[1], ARGV[2], id, ARGV[1] .. 'r:' .. ARGV[2] .. ':' .. id) end
redis.call('DEL', KEYS[1])
return #ids`,
  },
  // KEYS: counter, leases. ARGV: limit now keepUntil lease leaseSeconds, then from seconds growth of a pace, or three 0
  spReserve: {
    keys: 2,
    isGuarded: true,
    lua: `${COMMON}
local counter, leases, limit, now, keepUntil = KEYS[1], KEYS[2], tonumber(ARGV[1]), ARGV[2], ARGV[3]
local failures = failuresOf(counter, now)
local gone = countAbandoned(counter, leases, now, keepUntil, ARGV[5])
failures = failures + gone
keepCounter(counter, now, keepUntil)
if failures >= limit then return { 'full', failures, gone } end
local from, seconds, growth = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
if from > 0 and failures >= from then
  local lastAt = tonumber(redis.call('HGET', counter, 'at') or '0')
  local ends = lastAt + seconds * growth ^ (failures - from)
  if tonumber(now) < ends then return { 'waiting', failures, gone, ends } end
end
local open = redis.call('ZCARD', leases)
if failures + open >= limit then return { 'busy', failures, gone } end
if open > 0 and from > 0 and failures + open >= from then return { 'busy', failures, gone } end
redis.call('ZADD', leases, now, ARGV[4])
keep(leases, keepUntil, now)
return { 'granted', failures, gone }`,
  },
  // KEYS: counter, leases. ARGV: lease outcome now
  spSettle: {
    keys: 2,
    isGuarded: true,
    lua: `${COMMON}
if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return -1 end
local failures = failuresOf(KEYS[1], ARGV[3])
if ARGV[2] == 'failure' then
  redis.call('HSET', KEYS[1], 'at', ARGV[3])
  return redis.call('HINCRBY', KEYS[1], 'failures', 1)
end
if ARGV[2] == 'success' then
  redis.call('HSET', KEYS[1], 'failures', 0)
  return 0
end
return failures`,
  },
  // KEYS: counter, leases. ARGV: now keepUntil leaseSeconds
  spCount: {
    keys: 2,
    isGuarded: true,
    lua: `${COMMON}
local failures = failuresOf(KEYS[1], ARGV[1])
failures = failures + countAbandoned(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
return { failures, tonumber(redis.call('HGET', KEYS[1], 'at') or '0') }`,
  },
  // ARGV: number keepUntil now
  spAdvance: {
    keys: 1,
    isGuarded: true,
    lua: `${COMMON}
local stored, exp = redis.call('HGET', KEYS[1], 'n'), redis.call('HGET', KEYS[1], 'exp')
local isLive = exp and tonumber(exp) > tonumber(ARGV[3])
if isLive and tonumber(ARGV[1]) <= tonumber(stored) then return 0 end
local keepUntil = ARGV[2]
if isLive and tonumber(exp) > tonumber(keepUntil) then keepUntil = exp end
redis.call('HSET', KEYS[1], 'n', ARGV[1], 'exp', keepUntil)
keep(KEYS[1], keepUntil, ARGV[3])
return 1`,
  },
  // ARGV: id bornAt run. A server that was started again may have lost the end of its log (P6).
  spGeneration: {
    keys: 1,
    isGuarded: false,
    lua: `
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[3] then
  redis.call('HSET', KEYS[1], 'id', ARGV[1], 'bornAt', ARGV[2], 'run', ARGV[3])
end
return redis.call('HMGET', KEYS[1], 'id', 'bornAt')`,
  },
};

/** What ioredis is told of each script. */
export const redisScripts: Record<string, { numberOfKeys: number; isGuarded: boolean; lua: string }> =
  Object.fromEntries(
    Object.entries(scripts).map(([name, { keys, isGuarded, lua }]) => [
      name,
      { numberOfKeys: isGuarded ? keys + 1 : keys, isGuarded, lua: isGuarded ? `${GUARD}${lua}` : lua },
    ]),
  );
