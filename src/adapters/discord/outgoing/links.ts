/** "Link buttons: up to 512 characters". */
const LONGEST = 512;

/**
 * What Discord does with a link: a button; only text, because its button would make Discord refuse the whole message (a
 * host without a dot, as localhost is, or a long address); nothing, because it must not be opened at all.
 */
export function linkWay(url: string): 'button' | 'text' | 'none' {
  if (/[\s\p{Cc}\p{Cf}\p{Cs}]/u.test(url) || !URL.canParse(url)) return 'none';
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return 'none';
  const wellFormed = hostname.includes('.') || hostname.startsWith('[');
  return wellFormed && url.length <= LONGEST ? 'button' : 'text';
}
