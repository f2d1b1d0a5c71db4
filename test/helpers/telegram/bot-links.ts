const PAYLOAD = /^[A-Za-z0-9_-]{1,64}$/;

/** What START sends after a tap on a link to the bot; undefined: no such link, or no payload that clients take. */
export function payloadOf(link: string, username: string): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const url = new URL(link);
  const isWeb = ['https:', 'http:'].includes(url.protocol) && ['t.me', 'telegram.me'].includes(url.hostname);
  const bot = isWeb ? url.pathname.slice(1) : url.protocol === 'tg:' ? url.searchParams.get('domain') : '';
  if (bot?.toLowerCase() !== username.toLowerCase()) return undefined;
  const payload = url.searchParams.get('start') ?? '';
  return payload === '' || PAYLOAD.test(payload) ? payload : undefined;
}
