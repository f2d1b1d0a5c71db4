import { type Exchange, exchange, form, OWN_FORM_HEADERS } from './exchange.js';
import { servePublic } from './serving.js';

/** What people, servers and hosts call themselves there. */
export const EVIL = `"><script>alert('x')</script><img src=x onerror=alert(1)>\u202e\u0000\n`;

/** One of every page, with hostile names on it. */
export async function everyPage(): Promise<ReadonlyMap<string, Exchange>> {
  const { signIns, url } = await servePublic();
  const pages = new Map<string, Exchange>();
  const account = {
    platform: EVIL,
    name: EVIL,
    backUrl: 'javascript:alert(1)',
    confirmUrl: 'javascript:alert({digits})',
  };
  const start = (fields?: readonly string[]) =>
    signIns.start({ server: EVIL, host: EVIL, account, ...(fields === undefined ? {} : { fields }) });
  const get = async (name: string, path: string): Promise<void> => {
    pages.set(name, await exchange(`${url}${path}`));
  };
  await get('connect', `/connect/${start().link}`);
  await get('key form', `/key/${start([EVIL.slice(0, 55), 'B']).link}`);
  await get('code', `/oauth/callback?code=a&state=${start().state}`);
  const ends = ['declined', 'cancelled', 'replaced', 'wrong-code', 'interrupted'] as const;
  for (const kind of ends) {
    const { id, link } = start();
    signIns.end(id, { kind });
    await get(kind, `/connect/${link}`);
  }
  const taken = start();
  signIns.end(taken.id, { kind: 'replaced', by: EVIL });
  await get('replaced by another', `/connect/${taken.link}`);
  const done = start();
  signIns.planned.push({
    kind: 'ended',
    state: signIns.end(done.id, { kind: 'connected', tools: 1, masked: { KEY: EVIL } }),
  });
  await get('done', `/oauth/callback?code=a&state=${done.state}`);
  await get('used', `/oauth/callback?code=a&state=${done.state}`);
  const expired = start();
  signIns.end(expired.id, { kind: 'expired', lifetimeMs: 600_000 });
  await get('expired', `/connect/${expired.link}`);
  const failed = start();
  signIns.end(failed.id, { kind: 'failed', failure: { code: 'unreachable', detail: EVIL, host: EVIL } });
  await get('failed', `/connect/${failed.link}`);
  await get('not found', '/nowhere');
  await get('bad request', '/oauth/callback');
  pages.set('forbidden', await exchange(`${url}/connect/${start().link}`, { method: 'POST' }));
  pages.set('method', await exchange(`${url}/connect/${start().link}`, { method: 'DELETE' }));
  const big = form({ token: 'x'.repeat(20_000) });
  pages.set(
    'too large',
    await exchange(`${url}/key/${start(['A']).link}`, {
      method: 'POST',
      headers: OWN_FORM_HEADERS,
      body: big,
    }),
  );
  signIns.planned.push(new Error('boom'));
  await get('try later', `/oauth/callback?code=a&state=${start().state}`);
  return pages;
}
