/**
 * `Retry-After` in seconds or as a date (RFC 9110 §10.2.3). A date is counted from the answer's own `Date`, where it has
 * one: the clock of who wrote both may be minutes from ours.
 */
export function retryAfterMs(response: Response | undefined, nowMs: number): number | undefined {
  const value = response?.headers.get('retry-after');
  if (value === undefined || value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - sentAtMs(response, nowMs);
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

function sentAtMs(response: Response | undefined, nowMs: number): number {
  const sent = Date.parse(response?.headers.get('date') ?? '');
  return Number.isNaN(sent) ? nowMs : sent;
}
