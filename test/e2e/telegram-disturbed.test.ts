import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import type { ApiCall } from '../helpers/telegram/face.js';
import { agree, goOn, openConnect } from './telegram-browsing.js';
import { CONNECTED, lastOf, linkFor, saidTo, useTelegramScene } from './telegram-scene.js';

const chromium = findChromium();

const tooMany = (seconds: number) => ({
  errorCode: 429,
  description: `Too Many Requests: retry after ${seconds}`,
  parameters: { retry_after: seconds },
});

describe.skipIf(chromium === undefined)('Telegram that fails in the middle of a sign-in', () => {
  const scene = useTelegramScene(chromium);

  /** Ana's browser at the provider's login, on the way from a link in the chat. */
  async function atTheProvider() {
    await scene.gateway();
    await scene.ana.type('/mcp auth everything');
    const page = await openConnect(await scene.browser(), await linkFor(scene.ana));
    await goOn(page);
    return page;
  }

  const edits = (): readonly ApiCall[] => scene.api.callsOf('editMessageText');

  /** How long after Telegram asked to wait the next edit came. */
  async function waitedMs(): Promise<number> {
    const refused = () => edits().findIndex(({ status }) => status === 429);
    await expect.poll(() => edits()[refused() + 1]?.atMs).toBeDefined();
    return (edits()[refused() + 1]?.atMs ?? 0) - (edits()[refused()]?.atMs ?? 0);
  }

  async function untilTold(): Promise<void> {
    await expect.poll(() => saidTo(scene.ana)).toBe(CONNECTED);
    expect(lastOf(scene.ana).buttons).toEqual([]);
    expect(scene.api.callsOf('sendMessage').filter(({ status }) => status === 200)).toHaveLength(1);
  }

  it('away when the browser comes back: the page says it at once, the chat when Telegram is there again', async () => {
    const { ana, api } = scene;
    const page = await atTheProvider();
    await api.goDown();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    expect(saidTo(ana)).toContain('The link works for 10 minutes.');
    await api.comeBack();
    await untilTold();
    await ana.type('/mcp help');
    await expect.poll(() => saidTo(ana)).toContain('What you can do');
  });

  it('asks for two seconds of silence: it gets them, and Ana the outcome', async () => {
    const page = await atTheProvider();
    scene.api.fail('editMessageText', tooMany(2));
    await agree(page);
    expect(await waitedMs()).toBeGreaterThanOrEqual(2000);
    await untilTold();
  });

  it('asks for more silence than a command can wait: nothing is edited until then, and the outcome is not lost', async () => {
    const page = await atTheProvider();
    scene.api.fail('editMessageText', tooMany(12));
    await agree(page);
    expect(await waitedMs()).toBeGreaterThanOrEqual(12_000);
    await untilTold();
  });

  it('limits what a chat gets: all is told in the end, and nothing is sent before its time', async () => {
    const { ana, api } = scene;
    api.floodAfter(1, 1500);
    const page = await atTheProvider();
    await agree(page);
    await untilTold();
    await ana.type('/mcp help');
    await expect.poll(() => saidTo(ana)).toContain('What you can do');
    const tries = api.calls.filter(({ method }) => /^(sendMessage|edit)/.test(method));
    const refused = tries.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { atMs } of refused)
      expect(tries.filter((call) => call.atMs > atMs && call.atMs < atMs + 1000)).toEqual([]);
  });

  it('limits what a chat gets while much is to be said: nothing of it is lost', async () => {
    const { ana, api } = scene;
    const page = await atTheProvider();
    api.floodAfter(1, 1000);
    const commands = ['/mcp help', '/mcp tools everything', '/mcp cancel', '/mcp confirm 123456'];
    for (const command of commands) await ana.type(command);
    await agree(page);
    const answers = () => ana.messages().filter(({ from }) => from === 'bot');
    await expect.poll(() => answers().length).toBe(1 + commands.length);
    expect(ana.sees()).not.toContain('Something went wrong');
  });

  it.each(['drop-before', 'drop-after'] as const)(
    'loses the connection at the edit (%s): it is told once more',
    async (how) => {
      const page = await atTheProvider();
      scene.api.fail('editMessageText', how);
      await agree(page);
      await untilTold();
    },
  );

  it('answers with errors of its own: the outcome is told when they are over', async () => {
    const page = await atTheProvider();
    scene.api.fail('editMessageText', { errorCode: 502, description: 'Bad Gateway' });
    await agree(page);
    await untilTold();
  });

  it('has lost the message: a new private one says what came of it', async () => {
    const { ana } = scene;
    const page = await atTheProvider();
    ana.erase(lastOf(ana));
    await agree(page);
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(scene.api.callsOf('sendMessage')).toHaveLength(2);
  });

  it('blocked by Ana in the middle: the page says it, and the next /mcp shows it', async () => {
    const { ana } = scene;
    const page = await atTheProvider();
    ana.block();
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    ana.unblock();
    await ana.type('/mcp');
    await expect.poll(() => saidTo(ana)).toContain('✓ everything · 13 tools · connected');
  });
});
