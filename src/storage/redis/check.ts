import { shownUrl } from '../server-url.js';
import { StoreError } from '../types.js';

/** The oldest version with all commands that the engine uses. */
const OLDEST = [6, 2] as const;

/**
 * What a start has to refuse, from the answer to INFO. What a hosted Redis does not tell is taken for right.
 *
 * @throws {StoreError} `store_misconfigured` with the setting to change
 */
export function checkRedis(url: string, info: string): void {
  const value = (field: string) => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const refuse = (why: string) => {
    throw new StoreError('store_misconfigured', `Redis at ${shownUrl(url)} ${why}`);
  };
  const version = value('redis_version');
  if (version !== undefined && isOlder(version))
    refuse(`is version ${version}: ${OLDEST.join('.')} or newer is needed.`);
  const policy = value('maxmemory_policy');
  if (Number(value('maxmemory') ?? 0) > 0 && policy !== undefined && policy !== 'noeviction') {
    refuse(
      `may throw records away when its memory is full (maxmemory-policy ${policy}): people would be signed out. Set maxmemory-policy noeviction, in redis.conf or with CONFIG SET.`,
    );
  }
  if (value('role') === 'slave') refuse('is a replica, which cannot be written to: name the primary.');
  if (value('cluster_enabled') === '1')
    refuse('is a cluster, which this gateway cannot use: give it one primary, with replicas if you like.');
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
