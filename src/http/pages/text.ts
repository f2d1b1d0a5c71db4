import { html } from 'hono/html';

/** Markup in which every value was escaped by hono's tagged template. */
export type Markup = ReturnType<typeof html>;

const FORMATTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]+/gu;

/** Somebody else's text on one line: no control, direction or invisible characters, cut. Escaping is the template's part. */
export function oneLine(text: string, length = 64): string {
  const line = text.toWellFormed().replaceAll(FORMATTING, ' ').replaceAll(/\s+/g, ' ').trim();
  const letters = Array.from(line);
  return letters.length <= length ? line : `${letters.slice(0, length - 1).join('')}…`;
}

/** The same, kept apart from the direction of the text around it. */
export function name(text: string, length?: number): Markup {
  return html`<bdi>${oneLine(text, length)}</bdi>`;
}

/** "9 minutes", never less than is left: what is shown must not outlast the link. */
export function timeLeft(untilMs: number, nowMs: number, last = 'less than a minute'): string {
  const seconds = Math.max(0, Math.floor((untilMs - nowMs) / 1000));
  if (seconds < 60) return last;
  return counted(Math.floor(seconds / 60), 'minute');
}

/** "10 minutes", "25 seconds", "2 hours": how long a link was good for. */
export function lifetime(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds % 3600 === 0) return counted(seconds / 3600, 'hour');
  if (seconds >= 120 || seconds === 60) return counted(Math.round(seconds / 60), 'minute');
  return counted(seconds, 'second');
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** A host as a browser would go to it: lower case, IDN as punycode (`xn--…`), a port only where it is not the usual one. */
export function plainHost(host: string): string | undefined {
  if (!/^[^\s/?#@\\]{1,255}$/u.test(host) || !URL.canParse(`https://${host}`)) return undefined;
  return new URL(`https://${host}`).host;
}

/** As it stands on a page: a long one breaks before a dot or its port, and goes on in the next line with that. */
export function hostName(host: string): Markup {
  const [first = '', ...others] = host.split(/(?=[.:])/);
  return html`<bdi dir="ltr">${first}${others.map((part) => html`<wbr>${part}`)}</bdi>`;
}

/** What to call the chat in a sentence: "go back to Telegram", "go back to the web chat". */
export function chatName(platform: string): string {
  const line = oneLine(platform, 32);
  return /^(terminal|web chat)$/i.test(line) ? `the ${line.toLowerCase()}` : line;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * A link into the chat, if it is one that a page may offer: https, http to this machine, or Telegram's own
 * scheme; and names nobody before an `@`.
 */
export function chatLink(url: string | undefined): string | undefined {
  if (url === undefined || url.length > 2048 || !URL.canParse(url)) return undefined;
  const { protocol, hostname, username, password, href } = new URL(url);
  const allowed =
    protocol === 'https:' || protocol === 'tg:' || (protocol === 'http:' && LOOPBACK.test(hostname));
  return allowed && username === '' && password === '' ? href : undefined;
}

const DIGITS_HERE = '{digits}';

/** The link that gives these six digits in the chat. They have one place in it, and no part in saying which host it leads to. */
export function codeLink(template: string | undefined, digits: string): string | undefined {
  const [before, after, ...more] = template?.split(DIGITS_HERE) ?? [];
  if (before === undefined || after === undefined || more.length > 0) return undefined;
  if (!/^[0-9]{6}$/.test(digits)) return undefined;
  const link = chatLink(`${before}${encodeURIComponent(digits)}${after}`);
  const other = chatLink(`${before}x${after}`);
  if (link === undefined || other === undefined) return undefined;
  return new URL(link).host === new URL(other).host ? link : undefined;
}
