import { describe, expect, it } from 'vitest';
import type { Action, Reply } from '../../src/gateway/types.js';
import { reply, scriptedGateway } from '../contracts/chat-adapter.js';
import { findChromium } from '../helpers/browser.js';
import { browsing, button, fill, input, log, say, seen } from './web-browsing.js';
import { openedChats } from './web-opened.js';
import { hello, people } from './web-server.js';

const retry: Action = { kind: 'command', label: 'Try again', words: ['auth', 'linear'] };
const addKey: Action = {
  kind: 'form',
  label: 'Add key',
  title: 'Key for weather',
  words: ['auth', 'weather'],
  fields: [{ name: 'WEATHER_KEY', label: 'Weather key', secret: true, hint: 'From your account page' }],
};
const signIn: Action = { kind: 'link', label: 'Sign in', url: 'http://127.0.0.1:9/connect/x' };

const actor = { platform: 'web', userId: 'ana', displayName: 'Ana' } as const;

const executable = findChromium();

describe.skipIf(executable === undefined)('the web chat in a browser', () => {
  const open = openedChats();
  const { profile } = browsing(executable);

  it('two browser profiles are two people, and neither sees what the other types or is told', async () => {
    const gateway = scriptedGateway(async ({ actor, conversation, words }) => {
      await adapter.send({ actor, conversation }, reply(`told to ${words[0]}`));
    });
    const { adapter, origin } = await open({}, gateway);
    const [first, second] = [await profile(origin), await profile(origin)];
    await say(first, '/mcp first');
    await say(second, '/mcp second');
    await log(first).getByText('told to first').waitFor();
    await log(second).getByText('told to second').waitFor();
    expect(await seen(first)).not.toContain('second');
    expect(await seen(second)).not.toContain('first');
    const [one, other] = gateway.invocations.map(({ actor }) => actor.userId);
    expect(one).not.toBe(other);
  });

  it('a profile stays the same person when the page is loaded anew', async () => {
    const gateway = scriptedGateway();
    const { origin } = await open({}, gateway);
    const page = await profile(origin);
    await say(page, '/mcp');
    await gateway.invocation(1);
    await page.reload();
    await log(page).getByText('/mcp').waitFor();
    await say(page, '/mcp auth');
    expect((await gateway.invocation(2)).actor).toEqual((await gateway.invocation(1)).actor);
  });

  it('a line that is typed before the page knows who is there is sent once it does, and kept where it cannot', async () => {
    const gateway = scriptedGateway();
    const { origin } = await open({ people }, gateway);
    const page = await profile(origin);
    let hello = (): void => {};
    await page.route('**/chat/events', async (route) => {
      await new Promise<void>((greet) => {
        hello = greet;
      });
      await route.continue();
    });
    await page.goto(`${origin}/chat`);
    await say(page, '/mcp auth');
    await expect.poll(() => input(page).inputValue()).toBe('');
    expect(gateway.invocations).toEqual([]);
    hello();
    expect((await gateway.invocation(1)).words).toEqual(['auth']);
    await page.unroute('**/chat/events');
    await page.route('**/chat/events', (route) => route.abort());
    await page.goto(`${origin}/chat`);
    await say(page, '/mcp tools');
    await page.getByText('Not sent: the gateway cannot be reached.').waitFor();
    expect(await input(page).inputValue()).toBe('/mcp tools');
  });

  it('an empty chat suggests the first commands, which can be pressed', async () => {
    const gateway = scriptedGateway();
    const { origin } = await open({ people }, gateway);
    const page = await profile(origin);
    await page.getByRole('button', { name: '/mcp auth' }).click();
    expect((await gateway.invocation(1)).words).toEqual(['auth']);
    await page.getByRole('heading', { name: 'Your MCP servers, from chat' }).waitFor({ state: 'hidden' });
  });

  it('an answer redraws the message of its button in place, and the focus stays in it', async () => {
    const gateway = scriptedGateway(async ({ message }) => {
      if (message) await adapter.update(message, reply('linear: one moment', { actions: [retry] }));
    });
    const { adapter, origin } = await open({ people }, gateway);
    const page = await profile(origin);
    await adapter.send({ actor }, reply('linear: you declined', { actions: [retry] }));
    await adapter.send({ actor }, reply('something later'));
    await button(page, 'Try again').press('Enter');
    await log(page).getByText('linear: one moment').waitFor();
    expect(await seen(page)).toMatch(/one moment[\s\S]*something later/);
    expect(await seen(page)).not.toContain('declined');
    expect(await page.locator(':focus').textContent()).toBe('Try again');
    await expect.poll(() => page.locator('#announcer').textContent()).toContain('linear: one moment');
  });

  it('a link opens in a tab of its own that knows nothing of this one', async () => {
    const { adapter, origin } = await open();
    const page = await profile(origin);
    await adapter.send({ actor }, reply('Sign in to linear', { actions: [signIn] }));
    const link = log(page).getByRole('link', { name: 'Sign in' });
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
  });

  it("a form's secret is typed unseen, and is nowhere once it is sent", async () => {
    const gateway = scriptedGateway();
    const { adapter, origin } = await open({ people }, gateway);
    const page = await profile(origin);
    await adapter.send({ actor }, reply('weather needs a key', { actions: [addKey] }));
    await button(page, 'Add key').click();
    const field = page.getByLabel('Weather key');
    expect(await field.getAttribute('type')).toBe('password');
    await field.fill('sk-unseen-4711');
    await field.press('Enter');
    expect((await gateway.invocation(1)).fields).toEqual({ WEATHER_KEY: 'sk-unseen-4711' });
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await input(page).press('ArrowUp');
    const values = await page
      .locator('input')
      .evaluateAll((all) => all.map((one) => one.getAttribute('value')));
    const typed = await input(page).inputValue();
    const kept = [
      await page.context().storageState(),
      await page.evaluate('({ ...sessionStorage })'),
      values,
    ];
    const everything = [await page.content(), page.url(), typed, JSON.stringify(kept)].join('\n');
    expect(everything).not.toContain('sk-unseen');
    expect(JSON.stringify(await hello(origin))).not.toContain('sk-unseen');
  });

  it('a form that could not be sent keeps its dialog and says so; cancelled, it leaves nothing', async () => {
    const { adapter, origin, close } = await open();
    const page = await profile(origin);
    await adapter.send({ actor }, reply('weather needs a key', { actions: [addKey] }));
    await button(page, 'Add key').waitFor();
    await close();
    await fill(page, 'Add key', { WEATHER_KEY: 'sk-unseen-4711' });
    await page.getByRole('dialog').getByText('This was not sent').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog input').count()).toBe(0);
  });

  it('says that it works while a command runs', async () => {
    let finish = () => {};
    const gateway = scriptedGateway(
      () =>
        new Promise<void>((done) => {
          finish = done;
        }),
    );
    const { origin } = await open({ people }, gateway);
    const page = await profile(origin);
    await say(page, '/mcp test linear');
    await page.getByText('Working…').first().waitFor();
    finish();
    await page.locator('#working').waitFor({ state: 'hidden' });
  });

  it('completes commands with the keyboard, sends with Enter, and fetches back with the arrow', async () => {
    const gateway = {
      ...scriptedGateway(),
      complete: async (_: unknown, words: readonly string[]) =>
        ['auth', 'audit', 'status'].filter((word) => words.length === 1 && word.startsWith(words[0] ?? '')),
    };
    const { origin } = await open({ people }, gateway);
    const page = await profile(origin);
    await input(page).pressSequentially('/m');
    await page.getByRole('option', { name: '/mcp' }).waitFor();
    await input(page).press('Tab');
    await input(page).pressSequentially('au');
    await expect
      .poll(() => page.locator('#suggestions').getByRole('option').allTextContents())
      .toEqual(['/mcp auth', '/mcp audit']);
    await input(page).press('ArrowDown');
    await input(page).press('ArrowDown');
    const active = await input(page).getAttribute('aria-activedescendant');
    expect(await page.locator(`#${active}`).textContent()).toBe('/mcp audit');
    await input(page).press('Enter');
    expect(await input(page).inputValue()).toBe('/mcp audit ');
    await input(page).press('Enter');
    expect((await gateway.invocation(1)).words).toEqual(['audit']);
    await input(page).press('ArrowUp');
    expect(await input(page).inputValue()).toBe('/mcp audit');
  });

  it('after a restart on the same port it reconnects, and news of an old message replaces it', async () => {
    const first = await open();
    const page = await profile(first.origin);
    const sent = await first.adapter.send({ actor }, reply('Sign in to linear', { actions: [signIn] }));
    if (sent.kind !== 'delivered') throw new Error('The message was not delivered.');
    await log(page).getByRole('link', { name: 'Sign in' }).waitFor();
    await first.close();
    await page.getByText('Connection lost').waitFor();
    await say(page, '/mcp while it is away');
    await page.getByText('Not sent').waitFor();
    expect(await input(page).inputValue()).toBe('/mcp while it is away');

    const gateway = scriptedGateway();
    const second = await open({ people }, gateway, first.port);
    await page.getByText('Connection lost').waitFor({ state: 'hidden' });
    expect(await seen(page)).toContain('Sign in to linear');
    await second.adapter.update(
      sent.message,
      reply('', { lines: [{ mark: 'ok', cells: ['linear connected'] }] }),
    );
    await log(page).getByText('linear connected').waitFor();
    expect(await log(page).getByRole('link').count()).toBe(0);
    expect(await log(page).getByRole('listitem').count()).toBe(1);
    await input(page).press('Enter');
    expect((await gateway.invocation(1)).words).toEqual(['while', 'it', 'is', 'away']);
  });

  it('a line that is taken away goes from the page and from what the arrow fetches back', async () => {
    const gateway = scriptedGateway();
    const { adapter, origin } = await open({ people }, gateway);
    const page = await profile(origin);
    await say(page, 'sk-pasted-4711');
    const { typed } = await gateway.invocation(1);
    await log(page).getByText('sk-pasted-4711').waitFor();
    await adapter.remove?.(typed ?? {});
    await log(page).getByText('sk-pasted-4711').waitFor({ state: 'detached' });
    await input(page).press('ArrowUp');
    expect(await input(page).inputValue()).toBe('');
  });

  it('markup in what servers and people are called is text (threat 18)', async () => {
    const hostile = '<img src=x onerror="document.title=1"> @everyone \u001b[31m';
    const everywhere: Reply = {
      title: hostile,
      aside: hostile,
      lines: [
        { cells: [hostile, hostile], action: { ...addKey, label: hostile, title: hostile } },
        { cells: [hostile] },
      ],
      actions: [{ kind: 'command', label: hostile, words: [hostile] }],
    };
    const { adapter, origin } = await open({ people: [{ name: 'ana', displayName: hostile }] });
    const page = await profile(origin);
    await adapter.send({ actor: { platform: 'web', userId: 'ana', displayName: hostile } }, everywhere);
    await say(page, hostile);
    await log(page).getByRole('listitem').nth(1).waitFor();
    await log(page).getByRole('button').first().click();
    await page.getByRole('dialog').waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect((await page.content()).split('onerror=').length - 1).toBeGreaterThanOrEqual(8);
    expect(await page.title()).toBe('MCP chat');
  });

  it('a phone shows everything without scrolling sideways', async () => {
    const { adapter, origin } = await open();
    const page = await profile(origin, 390);
    const long = 'x'.repeat(120);
    const lines = [
      { mark: 'ok' as const, cells: ['linear', '23 tools', 'connected'] },
      { mark: 'attention' as const, cells: [long, '', 'sign-in needed'], action: signIn },
      { cells: ['URL', `https://${long}.example`] },
      { cells: [long] },
    ];
    await adapter.send(
      { actor },
      reply(long, { aside: '1 of 2 ready', lines, actions: [{ ...retry, label: long }] }),
    );
    await say(page, long);
    await log(page).getByRole('listitem').nth(1).waitFor();
    const wider = await page.evaluate(`
      [...document.querySelectorAll('main, main :not(.unseen)')]
        .filter((one) => one.getBoundingClientRect().right > innerWidth || one.scrollWidth > innerWidth)
        .map((one) => one.className)`);
    expect(wider).toEqual([]);
  });
});
