/** Whoever names a longer time means no time; and one beyond all numbers would be none in JSON. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * `Retry-After` in seconds or as a date (RFC 9110 §10.2.3). A date is counted from the answer's own `Date`, where it has
 * one: the clock of who wrote both may be minutes from ours. A day at most.
 */
export function retryAfterMs(response: Response | undefined, nowMs: number): number | undefined {
  const value = response?.headers.get('retry-after');
  if (value === undefined || value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - sentAtMs(response, nowMs);
  return Number.isNaN(ms) || ms < 0 ? undefined : Math.min(ms, LONGEST_MS);
}

function sentAtMs(response: Response | undefined, nowMs: number): number {
  const sent = Date.parse(response?.headers.get('date') ?? '');
  return Number.isNaN(sent) ? nowMs : sent;
}
