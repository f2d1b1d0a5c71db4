/** `Retry-After` in seconds or as a date (RFC 9110 §10.2.3). */
export function retryAfterMs(response: Response | undefined, nowMs: number): number | undefined {
  const value = response?.headers.get('retry-after');
  if (value === undefined || value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}
