import type { RedisScript } from '@gateway/redis';
import { AHEAD_MS } from './envelope.js';

/** What {@link writeEnvelope} begins with: seal, kind, when it became true, until when it is fresh, epoch. */
const STAMP = "'^[^|]+|(%u)|(%d+)|(%d+)|([^|]*)|'";

/** As {@link encodeTask} begins its header. */
const VERSION = `'^[^|]+|%u|%d+|%d+|[^|]*|{"v":%d+,"version":"([^"]*)"'`;

/** As `isSince` in envelope.ts, to which a spec holds it. */
const IS_SINCE = `
local function isSince(stored, present)
  local ids = string.gmatch(stored .. '.', '([^.]*)%.')
  for id in string.gmatch(present .. '.', '([^.]*)%.') do
    if id > (ids() or '') then return false end
  end
  return true
end`;

/** Milliseconds by which a final answer, which is good for hours anyway, may be ahead and still keep another out. */
const FINAL_AHEAD_MS = 60 * 60_000;

/** A lock is its owner, and a mark where others wait for it: a message of its release is for them only, in every replica. */
const AWAITED = `
local AWAITED = '|awaited'
local function isAwaited(held) return held and string.sub(held, -#AWAITED) == AWAITED end
local function isHeldBy(held, owner) return held == owner or held == owner .. AWAITED end`;

/**
 * Decides who asks the upstream about a task. Answers `result` or `negative` with what is stored and will do, else `acquired`
 * for the owner of the lock from now on, with `unread` where a result that would do may not be read, or `wait` with the milliseconds
 * that another may hold it for.
 * KEYS result, negative, lock. ARGV now, present epoch of a result, and of a negative entry, whether a result may be read,
 * owner, milliseconds of a lock, since when a result may have been observed that is not fresh, or nothing.
 */
export const ACQUIRE: RedisScript = {
  name: 'tgAcquire',
  writes: true,
  lua: `${IS_SINCE}${AWAITED}
local function isFresh(text, present, since)
  if not text then return false end
  local kind, at, freshUntil, epoch = string.match(text, ${STAMP})
  local now = tonumber(ARGV[1])
  if kind ~= 'F' and tonumber(at or 0) > now + ${AHEAD_MS} then return false end
  return freshUntil and isSince(epoch, present) and (tonumber(freshUntil) > now or (since and tonumber(at) >= since))
end
local function read(name)
  local text = redis.pcall('GET', name)
  if type(text) ~= 'table' then return text end
  -- Something that is no string has our name.
  redis.call('DEL', name)
end
local observedSince = tonumber(ARGV[7])
if ARGV[4] == '1' then
  local result = read(KEYS[1])
  if isFresh(result, ARGV[2], observedSince) then return {'result', result} end
end
local negative = read(KEYS[2])
if isFresh(negative, ARGV[3]) then return {'negative', negative} end
if redis.call('SET', KEYS[3], ARGV[5], 'NX', 'PX', ARGV[6]) then
  local stamp = ARGV[4] == '0' and redis.pcall('GETRANGE', KEYS[1], 0, 511)
  return {'acquired', type(stamp) == 'string' and isFresh(stamp, ARGV[2], observedSince) and 'unread' or ''}
end
local left = redis.call('PTTL', KEYS[3])
if left >= 0 and left <= tonumber(ARGV[6]) then
  local held = redis.call('GET', KEYS[3])
  if not isAwaited(held) then redis.call('SET', KEYS[3], held .. AWAITED, 'PX', math.max(left, 1)) end
  return {'wait', tostring(left)}
end
-- No lock lives so long: whatever it is, nobody would ever release it.
redis.call('SET', KEYS[3], ARGV[5], 'PX', ARGV[6])
return {'acquired'}`,
};

/**
 * Stores an answer, unless what is stored is better: final where this is unfinished, or observed later. A stamp is not
 * sealed for scripts: one that is over, or of a later time than clocks differ by, stands in nobody's way. Then releases the
 * lock and wakes its waiters, if there are any; where messages are not allowed, they see it when the lock would have ended.
 * KEYS where to store, lock. ARGV text or nothing, milliseconds to keep it, owner or nothing, channel, message, now, and
 * another message, or nothing, for those who remember what this replaces, where that is of another version.
 */
export const RELEASE: RedisScript = {
  name: 'tgRelease',
  writes: true,
  lua: `${IS_SINCE}${AWAITED}
if ARGV[1] ~= '' then
  local kind, at, _, epoch = string.match(ARGV[1], ${STAMP})
  local old = redis.pcall('GETRANGE', KEYS[1], 0, 511)
  -- Something that is no string has our name.
  if type(old) == 'table' then old = '' end
  local oldKind, oldAt, oldUntil, oldEpoch = string.match(old, ${STAMP})
  local now = tonumber(ARGV[6])
  local ahead = oldKind == 'F' and ${FINAL_AHEAD_MS} or ${AHEAD_MS}
  local good = oldKind and isSince(oldEpoch, epoch) and tonumber(oldAt) <= now + ahead
    and (oldKind == 'U' or tonumber(oldUntil) > now)
  local better = good and ((oldKind == 'F' and kind == 'U') or (oldKind == kind and tonumber(oldAt) > tonumber(at)))
  if not better then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    if oldKind and ARGV[7] ~= '' and string.match(old, ${VERSION}) ~= string.match(ARGV[1], ${VERSION}) then
      redis.pcall('PUBLISH', ARGV[4], ARGV[7])
    end
  end
end
if ARGV[3] ~= '' then
  local held = redis.call('GET', KEYS[2])
  if isHeldBy(held, ARGV[3]) then redis.call('DEL', KEYS[2]) end
  if isAwaited(held) then redis.pcall('PUBLISH', ARGV[4], ARGV[5]) end
end
return 1`,
};

/** KEYS lock. ARGV owner, milliseconds. */
export const RENEW: RedisScript = {
  name: 'tgRenew',
  writes: true,
  lua: `${AWAITED}
if isHeldBy(redis.call('GET', KEYS[1]), ARGV[1]) then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`,
};

/** All purges, or nothing where the reader knows this version. KEYS purges. ARGV the version known. */
export const READ_PURGES: RedisScript = {
  name: 'tgReadPurges',
  writes: false,
  lua: `
local version = redis.pcall('HGET', KEYS[1], 'version')
if version == ARGV[1] then return 'known' end
-- Something that is no hash has our name: as good as nothing.
if type(version) == 'table' then return {} end
return redis.call('HGETALL', KEYS[1])`,
};

/**
 * Forgets purges, adds others, and publishes that.
 * KEYS purges. ARGV new version, milliseconds to keep all, channel, message, how many are forgotten, then name and id of
 * each, then the same of those to add. The latest id of a name wins; answers what the first name added has then.
 */
export const WRITE_PURGES: RedisScript = {
  name: 'tgWritePurges',
  writes: true,
  lua: `
if type(redis.pcall('HGET', KEYS[1], 'version')) == 'table' then redis.call('DEL', KEYS[1]) end
local added = 6 + 2 * tonumber(ARGV[5])
for i = 6, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if i < added then
    if known == ARGV[i + 1] then redis.call('HDEL', KEYS[1], ARGV[i]) end
  elseif not known or known < ARGV[i + 1] then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
redis.call('HSET', KEYS[1], 'version', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.pcall('PUBLISH', ARGV[3], ARGV[4])
return redis.call('HGET', KEYS[1], ARGV[added] or '') or ''`,
};

/**
 * Adds revocations to a list, the newest first, and publishes that there are some; those that it does not take one by one.
 * KEYS list. ARGV entries to keep, milliseconds to keep them, channel, message, how many of what follows were published one
 * by one before, then the entries.
 */
export const REVOKE: RedisScript = {
  name: 'tgRevoke',
  writes: true,
  lua: `
local function push()
  for i = 6, #ARGV do
    local pushed = redis.pcall('LPUSH', KEYS[1], ARGV[i])
    if type(pushed) == 'table' then return pushed end
  end
end
local failed = push()
-- Something that is no list has our name.
if failed and string.find(failed.err, 'WRONGTYPE', 1, true) then
  redis.call('DEL', KEYS[1])
  failed = push()
end
if failed then
  for i = 6 + tonumber(ARGV[5]), #ARGV do redis.pcall('PUBLISH', ARGV[3], ARGV[4] .. ' ' .. ARGV[i]) end
  return failed
end
redis.pcall('LTRIM', KEYS[1], 0, tonumber(ARGV[1]) - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.pcall('PUBLISH', ARGV[3], ARGV[4])
return 1`,
};

/** Whether one that is known was met, as 1 or 0, then the entries down to that, the newest first. KEYS list. ARGV the one. */
export const READ_REVOKED: RedisScript = {
  name: 'tgReadRevoked',
  writes: false,
  lua: `
local found = {'0'}
while true do
  local part = redis.pcall('LRANGE', KEYS[1], #found - 1, #found + 98)
  if part.err then return found end
  for _, entry in ipairs(part) do
    if entry == ARGV[1] then
      found[1] = '1'
      return found
    end
    found[#found + 1] = entry
  end
  if #part < 100 then return found end
end`,
};

/** KEYS any, for its slot. ARGV channel, message. */
export const PUBLISH: RedisScript = {
  name: 'tgPublish',
  writes: false,
  lua: `return redis.call('PUBLISH', ARGV[1], ARGV[2])`,
};
