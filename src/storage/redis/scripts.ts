import { createHash } from 'node:crypto';

/** A Lua script, which Redis runs whole and with nothing between. */
export interface RedisScript {
  readonly source: string;
  readonly sha: string;
}

function script(source: string): RedisScript {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/**
 * KEYS of the scripts that change a record: the record, the sorted set of the keys of its name (all of score 0, so that
 * it is in the order of their bytes), the sorted set of those with an end by their end, the set of all names.
 * ARGV begins with the key, the channel and the notice.
 */
const FORGET = `
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[3], ARGV[1])
  redis.call('PUBLISH', ARGV[2], ARGV[3])`;

const KEEP = `
  if ARGV[6] ~= '' then
    redis.call('SET', KEYS[1], ARGV[5], 'PX', ARGV[6])
    redis.call('ZADD', KEYS[3], ARGV[7], ARGV[1])
  else
    redis.call('SET', KEYS[1], ARGV[5])
    redis.call('ZREM', KEYS[3], ARGV[1])
  end
  redis.call('ZADD', KEYS[2], 0, ARGV[1])
  redis.call('SADD', KEYS[4], ARGV[4])
  redis.call('PUBLISH', ARGV[2], ARGV[3])
  return 1`;

/** ARGV 4: the name, 5: the content; 6 and 7, empty without an end: how long Redis keeps it in ms, and the end. */
export const WRITE = script(KEEP);

/** The same, where no record is; or, with ARGV 8, where the record has that content. */
export const REPLACE = script(`
  if redis.call('GET', KEYS[1]) ~= (ARGV[8] or false) then return 0 end
  ${KEEP}`);

export const REMOVE = script(`
  if redis.call('DEL', KEYS[1]) == 0 then return 0 end
  ${FORGET}
  return 1`);

/** ARGV 4: the content that it must still have. */
export const REMOVE_SAME = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[4] then return 0 end
  redis.call('DEL', KEYS[1])
  ${FORGET}
  return 1`);

/** KEYS: both sorted sets. ARGV: from, to, how many. Gives the keys, and the end of each that has one. */
export const LIST = script(`
  local keys = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
  if #keys == 0 then return {keys, {}} end
  return {keys, redis.call('ZMSCORE', KEYS[2], unpack(keys))}`);

/** KEYS: both sorted sets. ARGV: what ended before, how many. */
export const FORGET_ENDED = script(`
  local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
  if #ended == 0 then return 0 end
  redis.call('ZREM', KEYS[1], unpack(ended))
  redis.call('ZREM', KEYS[2], unpack(ended))
  return #ended`);

/** KEYS: the lease. ARGV: its holder, and how long it is to last in ms. */
export const RENEW_LEASE = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

export const RELEASE_LEASE = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])`);
