import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import { comeBack, openPage, pressConnect, signIn, submit } from '../helpers/sign-in-browser.js';
import {
  type Everywhere,
  type Pair,
  PLATFORMS,
  type PlatformName,
  useEveryPlatform,
} from './every-platform.js';
import { digitsOn, shown, wrong } from './pages.js';

const every = useEveryPlatform();

/** Where the browser in which the button was pressed is trusted, and where none is. */
const SETTINGS: readonly (readonly [string, object, boolean])[] = [
  ['confirm: auto', {}, true],
  ['confirm: always', { security: { confirm: 'always' } }, false],
  ['confirm: auto and access.users: "*"', { access: { users: '*' } }, false],
];

/** A key's form is a page of the gateway's only where the chat has no form of its own. */
const KEY_PAGES: readonly PlatformName[] = ['terminal', 'telegram'];
const GIVEN = { 'key:NOTES_KEY': 'key-of-vic-0123456789' };

/** The same attack at all platforms at once: each has its own Mallory. What fails says where. */
async function everywhere(
  { at }: Everywhere,
  names: readonly PlatformName[],
  attack: (pair: Pair, name: PlatformName) => Promise<void>,
): Promise<void> {
  await Promise.all(
    names.map((name) =>
      attack(at[name], name).catch((cause: unknown) => {
        throw new Error(`at ${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }),
    ),
  );
}

const spaced = (digits: string): string => `${digits.slice(0, 3)} ${digits.slice(3)}`;

/** What waits for its code is for Mallory's chat to confirm, which has never seen it; in Vic's it does nothing. */
async function expectHersAlone({ mallory, vic }: Pair, digits: string): Promise<void> {
  await mallory.untilSees('one step left');
  await vic.hears(`confirm ${digits}`, 'No sign-in of yours waits for a code');
  expect(mallory.sees()).not.toMatch(new RegExp(`${digits}|${spaced(digits)}`));
}

async function guessInVain({ mallory }: Pair, digits: string): Promise<void> {
  for (const by of [1, 2, 3, 4])
    await mallory.hears(`confirm ${wrong(digits, by)}`, `${5 - by} ${by === 4 ? 'try' : 'tries'} left`);
  await mallory.hears(`confirm ${wrong(digits, 5)}`, 'the code was wrong five times; nothing was kept');
}

async function expectNothingCame({ gateway, notes }: Everywhere): Promise<void> {
  const store = await gateway.store();
  expect(await store.records('credentials').keys()).toEqual([]);
  expect(every.scene.files.counts.passed).toBe(0);
  expect(every.scene.provider.counts.revocation).toBe(0);
  expect(notes.shown).not.toContain(`Bearer ${GIVEN['key:NOTES_KEY']}`);
}

describe.each(SETTINGS)('threat 1 on every platform, with %s: Mallory', (_setting, words, trusts) => {
  it('sends her own link: its page names her account; only a trusted browser needs no digits', async () => {
    const all = await every.start(words);
    await everywhere(all, PLATFORMS, async (pair) => {
      const link = await pair.mallory.link('auth files');
      const text = shown((await openPage(link)).html);
      expect(text).toContain(`${pair.mallory.label} asked for this.`);
      expect(text).toContain(new URL(every.scene.provider.issuer).host);
      if (trusts) return;
      // Vic went on all the same: it is still hers to confirm.
      const page = await signIn(link, { login: 'vic' });
      expect(shown(page.text)).toContain(`Only if ${pair.mallory.label} is you`);
      await expectHersAlone(pair, digitsOn(page.text));
    });
    await expectNothingCame(all);
  });

  it('presses the button herself and sends the address behind it: no token is used, and five tries drop them', async () => {
    const all = await every.start(words);
    await everywhere(all, PLATFORMS, async (pair) => {
      const { location } = await pressConnect(await pair.mallory.link('auth files'));
      const page = await comeBack(await consent(location, { login: 'vic' }));
      expect(shown(page.text)).toContain(`Only if ${pair.mallory.label} is you`);
      const digits = digitsOn(page.text);
      await expectHersAlone(pair, digits);
      await guessInVain(pair, digits);
    });
    await expectNothingCame(all);
  });

  it('has the form posted from another site: 403, without a cookie or a way on', async () => {
    const all = await every.start(words);
    await everywhere(all, PLATFORMS, async ({ mallory }) => {
      const page = await openPage(await mallory.link('auth files'));
      const post = (headers: Record<string, string>, fields: Record<string, string>) =>
        fetch(page.action, {
          method: 'POST',
          redirect: 'manual',
          headers,
          body: new URLSearchParams(fields),
        });
      const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://mallory.example' };
      const forged = [await post(foreign, page.fields), await post({ 'sec-fetch-site': 'same-origin' }, {})];
      for (const { status, headers } of forged)
        expect([status, headers.getSetCookie(), headers.get('location')]).toEqual([403, [], null]);
    });
    expect(every.scene.provider.counts.authorization).toBe(0);
    await expectNothingCame(all);
  });

  it('sends the page of her key: it names her, takes nothing from another site, and what Vic gives waits for her code', async () => {
    const all = await every.start(words);
    await everywhere(all, KEY_PAGES, async (pair) => {
      const page = await openPage(await pair.mallory.link('auth notes'));
      expect(shown(page.html)).toContain(`${pair.mallory.label} asked for this.`);
      const body = new URLSearchParams({ ...page.fields, ...GIVEN });
      const headers = {
        cookie: page.cookies,
        'sec-fetch-site': 'cross-site',
        origin: 'https://mallory.example',
      };
      expect((await fetch(page.action, { method: 'POST', headers, body })).status).toBe(403);
      // Any browser but the one that opened it; where none is trusted, that one as well.
      const given = trusts ? { ...page, cookies: '' } : page;
      const digits = digitsOn(await (await submit(given, GIVEN)).text());
      await expectHersAlone(pair, digits);
      await guessInVain(pair, digits);
    });
    await expectNothingCame(all);
  });
});

it('threat 1: where the chat has forms of its own, there is no page for a key that somebody could be sent', async () => {
  const all = await every.start({});
  const withForms = PLATFORMS.filter((name) => !KEY_PAGES.includes(name));
  await everywhere(all, withForms, async ({ mallory }) => {
    await mallory.hears('auth notes', 'give its key; only you see it');
    expect(mallory.sees()).not.toMatch(/\/key\/|\/connect\//);
  });
});
