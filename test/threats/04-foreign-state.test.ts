import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { shown } from './pages.js';
import { recordFiles } from './records.js';
import { useScene } from './scene.js';

const scene = useScene();
const CONNECTED = /files connected · 1 tool/;
const LIFETIME_MS = 600_000;

async function returning(gateway: RunningGateway, server = 'files') {
  const vic = await gateway.visitor('vic');
  const message = await vic.say(`/mcp auth ${server}`);
  const { location, cookies } = await pressConnect(message.link);
  const callback = await consent(location, { login: 'vic' });
  return { vic, message, location: new URL(location), cookies, callback };
}

function withState(callback: URL, ...states: readonly string[]): URL {
  const changed = new URL(callback);
  changed.searchParams.delete('state');
  for (const state of states) changed.searchParams.append('state', state);
  return changed;
}

function stateOf(url: URL): string {
  return url.searchParams.get('state') ?? '';
}

/** The page of a gateway that never saw any sign-in. */
async function pageOfStranger({ url }: RunningGateway): Promise<string> {
  const unknown = new URLSearchParams({ state: randomBytes(32).toString('base64url'), code: 'x' });
  return (await comeBack(new URL(`/oauth/callback?${unknown}`, url))).text;
}

describe('threat 4: callbacks whose `state` is not the one of the flow', () => {
  it('guessed, missing, cut, changed, repeated or in another’s name: one plain 400 page, and the flow lives', async () => {
    const gateway = await scene.gateway();
    const { vic, message, cookies, callback } = await returning(gateway);
    const plain = await pageOfStranger(gateway);
    const before = await recordFiles(gateway);
    const real = stateOf(callback);
    const link = new URL(message.link).pathname.split('/').at(-1) ?? '';
    const [name = ''] = await (await gateway.store()).records('pending').keys();
    expect(name).toMatch(/^[\w-]{43}$/);
    const forged = [
      [],
      [''],
      [randomBytes(32).toString('base64url')],
      ['a'],
      [real.slice(0, -1)],
      [`${real}A`],
      [`${real} `],
      [real.toLowerCase()],
      [`${real.slice(0, 20)}${real[20] === 'A' ? 'B' : 'A'}${real.slice(21)}`],
      [real, real],
      [real, 'x'],
      ['x', real],
      [link],
      [name],
      [`../pending/${name}`],
      [`${real}\0`],
      ['x'.repeat(5000)],
      ['__proto__'],
    ];
    for (const states of forged) {
      for (const cookie of ['', cookies]) {
        const page = await comeBack(withState(callback, ...states), cookie);
        expect([states, page.status]).toEqual([states, 400]);
        expect(page.text).toBe(plain);
      }
    }
    expect(shown(plain)).not.toMatch(/files|vic|web chat|127\.0\.0\.1/i);
    expect(shown(plain)).toContain('Type /mcp auth in your chat for a new link.');
    expect(await recordFiles(gateway)).toEqual(before);
    expect(scene.provider.counts.token).toBe(0);
    expect((await comeBack(callback, cookies)).text).toContain('files is connected');
    await vic.untilSays(CONNECTED, message);
  });

  it('neither with code and error, nor with neither, is an answer: the same page, and the flow lives', async () => {
    const gateway = await scene.gateway();
    const { cookies, callback } = await returning(gateway);
    const plain = await pageOfStranger(gateway);
    const both = new URL(callback);
    both.searchParams.set('error', 'access_denied');
    const neither = new URL(callback);
    neither.searchParams.delete('code');
    const empty = new URL(callback);
    empty.searchParams.set('code', '');
    for (const malformed of [both, neither, empty])
      expect(await comeBack(malformed, cookies)).toEqual({ status: 400, text: plain });
    expect((await comeBack(callback, cookies)).text).toContain('files is connected');
  });

  it('that of a sign-in to another server, with this one’s code: refused by its provider, kept by nobody', async () => {
    const gateway = await scene.gateway({
      mcp_servers: {
        files: { url: scene.files.url, auth: 'oauth' },
        other: { url: scene.files.url, auth: 'oauth', oauth: { client_name: 'Another client' } },
      },
    });
    const files = await returning(gateway, 'files');
    const other = await returning(gateway, 'other');
    const crossed = withState(files.callback, stateOf(other.callback));
    // PKCE (RFC 7636): the code belongs to the verifier of its own flow.
    expect((await comeBack(crossed, other.cookies)).text).toContain('could not be connected');
    expect(await (await gateway.store()).records('credentials').keys()).toEqual([]);
    expect((await comeBack(files.callback, '')).text).toMatch(/One more step|could not be connected/);
    expect(scene.files.counts.passed).toBe(0);
  });

  it('that of another gateway is a stranger’s, and stays alive there', async () => {
    const gateway = await scene.gateway();
    const elsewhere = await scene.gateway();
    const { cookies, callback } = await returning(elsewhere);
    const here = new URL(callback.pathname + callback.search, gateway.url);
    const plain = await pageOfStranger(gateway);
    expect(await comeBack(here, cookies)).toEqual({ status: 400, text: plain });
    expect((await comeBack(callback, cookies)).text).toContain('files is connected');
  });

  it('an expired one redeems nothing: its holder is told so for an hour, then it is a stranger’s', async () => {
    const gateway = await scene.gateway();
    const { vic, message, cookies, callback } = await returning(gateway);
    gateway.clock.advance(LIFETIME_MS + 1);
    await vic.untilSays('the link expired after 10 minutes', message);
    const page = await comeBack(callback, cookies);
    expect(page.status).toBe(400);
    expect(page.text).toContain('This link has expired');
    expect(shown(page.text)).not.toMatch(/vic\b|@/);
    gateway.clock.advance(2 * 3_600_000);
    const stranger = { status: 400, text: await pageOfStranger(gateway) };
    // What it leaves behind is cleared away a moment after its end was told.
    await expect.poll(() => comeBack(callback, cookies)).toEqual(stranger);
    expect(scene.provider.counts.token).toBe(0);
    expect(await (await gateway.store()).records('credentials').keys()).toEqual([]);
  });

  it('it has 256 bits, is new for each sign-in, and stands in no log, chat, link or page', async () => {
    const gateway = await scene.gateway();
    const first = await returning(gateway);
    const { vic, message, cookies, callback, location } = await returning(gateway);
    const { link } = message;
    const state = stateOf(callback);
    expect(stateOf(location)).toBe(state);
    expect(state).toMatch(/^[\w-]{43}$/);
    expect(Buffer.from(state, 'base64url')).toHaveLength(32);
    expect(stateOf(first.callback)).not.toBe(state);
    const { text } = await comeBack(withState(callback, `${state}A`), cookies);
    const pages = [await (await fetch(link)).text(), text, (await comeBack(callback, cookies)).text];
    await vic.untilSays(CONNECTED, message);
    const code = callback.searchParams.get('code') ?? '';
    const told = `${gateway.log.join('')}${vic.everything}${link}${pages.join('')}`;
    for (const secret of [state, stateOf(first.callback), code]) expect(told).not.toContain(secret);
    expect(gateway.log.join('')).toContain('"route":"/oauth"');
  });
});
