/** Times in people's words: relative first, absolute where it helps. Pure. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Beyond this `Date` has no answer (ECMA-262 §21.4.1.1); a provider's `expires_in` can be any number. */
const LAST_DATE_MS = 8.64e15;

function count(value: number, one: string, many: string): string {
  return `${value} ${value === 1 ? one : many}`;
}

/**
 * "42 min", "3 h", "2 days": short, for cells. Nothing below a minute: a message is edited when something happened,
 * not because a second went by.
 */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'a long time';
  const span = Math.max(0, ms);
  if (span < MINUTE) return 'less than a minute';
  if (span < HOUR) return `${Math.round(span / MINUTE)} min`;
  if (span < 36 * HOUR) return `${Math.round(span / HOUR)} h`;
  return count(Math.round(span / DAY), 'day', 'days');
}

/** "10 minutes", "1 hour", "90 seconds": in full, for sentences. */
export function lasting(ms: number): string {
  if (!Number.isFinite(ms)) return 'a long time';
  const span = Math.max(0, ms);
  if (span >= 2 * DAY) return count(Math.round(span / DAY), 'day', 'days');
  if (span >= HOUR && span % HOUR === 0) return count(span / HOUR, 'hour', 'hours');
  if (span >= 2 * MINUTE || span === MINUTE) return count(Math.round(span / MINUTE), 'minute', 'minutes');
  return count(Math.round(span / SECOND), 'second', 'seconds');
}

/** At each of these a message with a countdown is edited. */
const STEPS = [1, 2, 3, 4, 5, 10, 15, 20, 30, 45, 60].map((minutes) => minutes * MINUTE);

/** What is left, rounded up to the steps in which a message says so: by the minute at the end, else more rarely. */
export function countdown(ms: number): number {
  return STEPS.find((step) => ms <= step) ?? Math.ceil(ms / HOUR) * HOUR;
}

/** "in 42 min", "3 h ago", "just now". */
export function relative(atMs: number, nowMs: number): string {
  const away = atMs - nowMs;
  if (away > 0) return `in ${duration(away)}`;
  return away > -MINUTE ? 'just now' : `${duration(-away)} ago`;
}

/** "2026-11-21 09:23 UTC": the chat knows nobody's time zone, so it names its own. */
export function absolute(atMs: number): string {
  if (!Number.isFinite(atMs) || Math.abs(atMs) > LAST_DATE_MS) return 'no date';
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** "in 42 min (2026-11-21 09:23 UTC)". */
export function dated(atMs: number, nowMs: number): string {
  return `${relative(atMs, nowMs)} (${absolute(atMs)})`;
}
