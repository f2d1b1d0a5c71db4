import { InvalidArgumentError } from 'commander';

// What is typed behind an option: its value, or why it is none.

export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('Seconds, from 0 up.');
  return value;
}

export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1 || Number(text) > 65_534)
    throw new InvalidArgumentError('A port from 1 to 65534; the local pages take the one after it.');
  return Number(text);
}

const SPAN_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In ms since the epoch. */
export function since(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})(m|h|d)$/.exec(text) ?? [];
  const at = count === undefined ? Date.parse(text) : Date.now() - Number(count) * (SPAN_MS[unit] ?? 0);
  if (Number.isNaN(at)) throw new InvalidArgumentError('A time such as 30m, 12h, 7d, or a date.');
  return Math.max(0, at);
}

/** It becomes the actor `terminal:NAME`. */
export function name(text: string): string {
  if (!/^[^\s/\p{C}]{1,64}$/u.test(text))
    throw new InvalidArgumentError('A name of up to 64 characters, without spaces and slashes.');
  return text;
}

/** Of a Slack app (docs.slack.dev, "App manifest reference"). */
export function appName(text: string): string {
  if (!/^[^\p{C}]{1,35}$/u.test(text) || text.trim() === '')
    throw new InvalidArgumentError('A name of up to 35 characters.');
  return text.trim();
}
