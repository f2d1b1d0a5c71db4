import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeholder } from '../helpers/configured-server.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { linkIn } from '../helpers/program.js';
import { openPage, submit } from '../helpers/sign-in-browser.js';
import { TerminalVisitor } from '../helpers/terminal-visitor.js';
import { digitsOn, shown, wrong } from './pages.js';
import { recordFiles } from './records.js';
import { useScene } from './scene.js';

const scene = useScene();

describe('threat 1: Mallory sends Vic the link of her form for a key', () => {
  let notes: KeyServer;
  beforeAll(async () => {
    notes = await startKeyServer();
  });
  afterAll(() => notes.close());

  async function keyForm(words: Readonly<Record<string, unknown>> = {}) {
    const mallory = new TerminalVisitor('mallory');
    const header = `Bearer ${placeholder('NOTES_KEY')}`;
    const servers = { mcp_servers: { notes: { url: notes.url, headers: { Authorization: header } } } };
    const gateway = await scene.gateway({ ...servers, ...words }, { adapters: [mallory.adapter] });
    const before = notes.shown.length;
    const asked = await mallory.ask('/mcp auth notes', 'give its key');
    const page = await openPage(linkIn(asked));
    await gateway.app.gateway.settle();
    return { gateway, mallory, page, keysShown: () => notes.shown.slice(before) };
  }

  const give = { 'key:NOTES_KEY': 'key-0123456789abcdef' };

  it('its page names Mallory’s chat account, the server and the host', async () => {
    const { page } = await keyForm();
    const text = shown(page.html);
    expect(text).toContain('Terminal · mallory asked for this.');
    expect(text).toContain('Add your key for notes');
    expect(text).toContain(new URL(notes.url).host);
  });

  it('from a browser without its cookie the key is used by nothing until the digits are given by who asked', async () => {
    const { gateway, mallory, page, keysShown } = await keyForm();
    const vic = await gateway.visitor('vic');
    const digits = digitsOn(await (await submit({ ...page, cookies: '' }, give)).text());
    await mallory.untilSays('one step left');
    expect((await vic.say(`/mcp confirm ${digits}`)).text).toContain('No sign-in of yours waits');
    expect(keysShown()).toEqual([]);
    expect(mallory.everything).not.toContain(digits);
    await mallory.ask(`/mcp confirm ${wrong(digits)}`, '4 tries left');
    expect(keysShown()).toEqual([]);
    await mallory.ask(`/mcp confirm ${digits}`, /notes connected · key …\S+ · 1 tool/);
    expect(new Set(keysShown())).toEqual(new Set([`Bearer ${notes.key}`]));
  });

  it('five wrong codes drop the key', async () => {
    const { gateway, mallory, page, keysShown } = await keyForm();
    const digits = digitsOn(await (await submit({ ...page, cookies: '' }, give)).text());
    await mallory.untilSays('one step left');
    for (const by of [1, 2, 3, 4]) await mallory.ask(`/mcp confirm ${wrong(digits, by)}`, /left/);
    await mallory.ask(`/mcp confirm ${wrong(digits, 5)}`, 'the code was wrong five times');
    await mallory.ask(`/mcp confirm ${digits}`, 'No sign-in of yours waits');
    expect(keysShown()).toEqual([]);
    expect(await (await gateway.store()).records('credentials').keys()).toEqual([]);
  });

  it('with confirm: always its own browser gets digits too', async () => {
    const { mallory, page, keysShown } = await keyForm({ security: { confirm: 'always' } });
    const digits = digitsOn(await (await submit(page, give)).text());
    expect(keysShown()).toEqual([]);
    await mallory.ask(`/mcp confirm ${digits}`, /notes connected/);
  });

  it('posted from another site, without the page’s token, or with another’s: 403, and the key goes nowhere', async () => {
    const { gateway, page, keysShown } = await keyForm();
    const before = await recordFiles(gateway);
    const { token = '' } = page.fields;
    const from = (headers: Record<string, string>, fields: Record<string, string>) =>
      fetch(page.action, { method: 'POST', headers, body: new URLSearchParams({ ...fields, ...give }) });
    const cookie = page.cookies;
    const refused = await Promise.all([
      from({ cookie, 'sec-fetch-site': 'cross-site', origin: 'https://mallory.example' }, { token }),
      from({ cookie, origin: 'https://mallory.example' }, { token }),
      from({ cookie, 'sec-fetch-site': 'same-origin' }, {}),
      from({ cookie, 'sec-fetch-site': 'same-origin' }, { token: `${token.slice(0, -1)}_` }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(keysShown()).toEqual([]);
    expect(await recordFiles(gateway)).toEqual(before);
  });
});
