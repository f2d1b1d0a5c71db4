import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { placeholder } from '../helpers/configured-server.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { Where } from '../helpers/slack/face.js';
import { answersTo, lastOf, saidTo, useSlackScene } from './slack-scene.js';

const chromium = findChromium();
const KEY = 'key-0123456789abcdef';
const OTHER_KEY = 'key-fedcba9876543210';
const SAVED = '✓ search connected · key …cdef · 1 tool';
const REFUSED = '✗ search: the server did not accept this key; nothing was changed.';

describe.skipIf(chromium === undefined)('Slack and a server that wants a key', () => {
  const scene = useSlackScene(chromium);
  const here = (): Where => ({ channel: scene.team });
  let search: KeyServer;
  beforeEach(async () => {
    search = await startKeyServer(KEY);
  });
  afterEach(() => search.close());

  const words = () => ({
    mcp_servers: {
      search: { url: search.url, headers: { Authorization: `Bearer ${placeholder('SEARCH_KEY')}` } },
    },
  });

  /** The key goes from the form to the server, and nowhere else. */
  function expectNoKey({ log }: RunningGateway, ...keys: readonly string[]): void {
    for (const key of [KEY, ...keys]) {
      expect(scene.ana.seesAnywhere() + scene.ben.seesAnywhere()).not.toContain(key);
      expect(JSON.stringify(scene.slack.calls)).not.toContain(key);
      expect(log.join('\n')).not.toContain(key);
    }
  }

  it.each([
    ['the channel', here],
    ['the direct messages', () => undefined],
  ])(
    'asks for it by a form in %s: a wrong one changes nothing, the right one connects',
    async (_where, place) => {
      const { ana, ben } = scene;
      const gateway = await scene.gateway(words());
      const where = place();
      await ana.types('/mcp auth search', where);
      await expect.poll(() => saidTo(ana, where)).toBe('● search — give its key; only you see it');
      const wrong = await ana.fills('Add key', { SEARCH_KEY: OTHER_KEY }, where);
      expect(wrong).toEqual({ kind: 'closed' });
      await expect.poll(() => saidTo(ana, where)).toBe(REFUSED);
      expect(await ana.fills('Try again', { SEARCH_KEY: KEY }, where)).toEqual({ kind: 'closed' });
      await expect.poll(() => saidTo(ana, where)).toBe(SAVED);
      expect(lastOf(ana, where).buttons).toEqual([]);
      expect(answersTo(ana, where)).toHaveLength(1);
      expect(search.shown).toEqual([`Bearer ${OTHER_KEY}`, `Bearer ${KEY}`, ...search.shown.slice(2)]);
      expect(ben.seesAnywhere()).toBe('');
      expectNoKey(gateway, OTHER_KEY);
    },
  );

  it('opens the form from the row of the status, and says what it asks for, and that it can be seen on the screen', async () => {
    const { ana } = scene;
    const gateway = await scene.gateway(words());
    await ana.types('/mcp', here());
    await expect.poll(() => saidTo(ana, here())).toContain('search · key needed');
    await ana.presses('Add key', here());
    await expect.poll(() => ana.modal?.title).toBe('Key for search');
    expect(ana.modal?.text).toContain('Others can see it on your screen while you type.');
    expect(await ana.submits({ SEARCH_KEY: '   ' })).toMatchObject({ kind: 'errors' });
    await ana.submits({ SEARCH_KEY: ` ${KEY} ` });
    await expect.poll(() => saidTo(ana, here())).toBe(SAVED);
    expectNoKey(gateway);
  });

  it('keeps the old key where the new one is refused', async () => {
    const { ana } = scene;
    await scene.gateway(words());
    await ana.types('/mcp auth search', here());
    await expect.poll(() => saidTo(ana, here())).toContain('give its key');
    await ana.fills('Add key', { SEARCH_KEY: KEY }, here());
    await expect.poll(() => saidTo(ana, here())).toBe(SAVED);
    await ana.types('/mcp auth search', here());
    await expect.poll(() => saidTo(ana, here())).toContain('give its key');
    await ana.fills('Add key', { SEARCH_KEY: OTHER_KEY }, here());
    await expect.poll(() => saidTo(ana, here())).toBe(REFUSED);
    await ana.types('/mcp test search', here());
    await expect.poll(() => saidTo(ana, here())).toContain('✓ search works · 1 tool');
    expect(search.shown.at(-1)).toBe(`Bearer ${KEY}`);
  });

  it('keeps what a closed form had in it to itself, and the button goes on working', async () => {
    const { ana } = scene;
    await scene.gateway(words());
    await ana.types('/mcp auth search', here());
    await expect.poll(() => saidTo(ana, here())).toContain('give its key');
    await ana.presses('Add key', here());
    await expect.poll(() => ana.modal).toBeDefined();
    await ana.closesModal();
    await ana.fills('Add key', { SEARCH_KEY: KEY }, here());
    await expect.poll(() => saidTo(ana, here())).toBe(SAVED);
    expect(search.shown).not.toContain(`Bearer ${OTHER_KEY}`);
  });

  it('counts a form that was submitted twice once', async () => {
    const { ana } = scene;
    await scene.gateway(words());
    await ana.types('/mcp auth search', here());
    await expect.poll(() => saidTo(ana, here())).toContain('give its key');
    await ana.presses('Add key', here());
    await expect.poll(() => ana.modal).toBeDefined();
    const answers = await ana.submitsTwice({ SEARCH_KEY: OTHER_KEY });
    expect(answers.map(({ kind }) => kind)).toEqual(['closed', 'closed']);
    await expect.poll(() => saidTo(ana, here())).toBe(REFUSED);
    expect(search.shown).toEqual([`Bearer ${OTHER_KEY}`]);
  });

  it('never uses a key that stands in a command, and says what to do', async () => {
    const { ana, ben } = scene;
    const gateway = await scene.gateway(words());
    await ana.types(`/mcp auth search ${KEY}`, here());
    await expect.poll(() => saidTo(ana, here())).not.toBe('');
    expect(saidTo(ana, here())).toMatch(/key/i);
    await ana.types(`@acmemcp mcp auth search ${OTHER_KEY}`, here());
    await expect.poll(() => answersTo(ana, here()).length).toBe(2);
    expect(saidTo(ana, here())).toMatch(/delete|replace/i);
    expect(answersTo(ben, here())).toEqual([]);
    expect(search.shown).toEqual([]);
    expect(gateway.log.join('\n')).not.toContain(KEY);
  });
});
