import { createHash } from 'node:crypto';

const DEFAULT_PREFIX = 'mcp_chat_gateway_';
/** An index takes rows of 2.7 kB; a path has several segments. */
const LONGEST_SEGMENT = 200;

/** The names of the tables and of the channel, quoted. */
export interface PostgresLayout {
  readonly records: string;
  readonly leases: string;
  readonly meta: string;
  readonly endsIndex: string;
  readonly channel: string;
}

/** @param prefix letters, digits and `_`; the config sees to it */
export function postgresLayout(prefix: string = DEFAULT_PREFIX): PostgresLayout {
  const named = (name: string) => `"${(prefix + name).replaceAll('"', '')}"`;
  return {
    records: named('records'),
    leases: named('leases'),
    meta: named('meta'),
    endsIndex: named('records_ends'),
    channel: `${prefix}changes`,
  };
}

/**
 * A key as it stands in the index: itself, but for segments that are too long, and those with NUL, which no text of
 * PostgreSQL may hold: these become a hash. Whatever is below a key is still below its path.
 */
export function pathOf(key: string): string {
  return key.split('/').map(pathSegment).join('/');
}

function pathSegment(segment: string): string {
  if (segment.length <= LONGEST_SEGMENT && !segment.includes('\0') && !segment.startsWith('='))
    return segment;
  return `=${createHash('sha256').update(segment).digest('hex')}`;
}
