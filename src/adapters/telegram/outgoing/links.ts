/**
 * What Telegram does with a link: a button; only text, because its button would make Telegram refuse the whole message
 * ("Wrong HTTP URL": a host without a dot, as localhost is); nothing, because it must not be opened at all.
 */
export function linkWay(url: string): 'button' | 'text' | 'none' {
  if (/[\s\p{Cc}\p{Cf}\p{Cs}]/u.test(url) || !URL.canParse(url)) return 'none';
  const { protocol, hostname } = new URL(url);
  if (protocol === 'tg:') return 'button';
  if (protocol !== 'http:' && protocol !== 'https:') return 'none';
  return hostname.includes('.') || hostname.startsWith('[') ? 'button' : 'text';
}
