import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { signIn as signInWithoutBrowser } from '../helpers/sign-in-browser.js';
import type { SlackPerson, Where } from '../helpers/slack/face.js';
import { backToSlack } from './slack-browsing.js';
import { answersTo, CONNECTED, lastOf, linkFor, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { agree, goOn, openConnect, signIn } from './telegram-browsing.js';

const chromium = findChromium();

describe.skipIf(chromium === undefined)('Slack in a channel', () => {
  const scene = useSlackScene(chromium);
  const here = (): Where => ({ channel: scene.team });

  /** Nobody but the person themselves saw anything of it. */
  function expectNothingFor(...others: readonly SlackPerson[]): void {
    for (const other of others) expect(other.seesAnywhere()).toBe('');
  }

  it('keeps a sign-in to the one who asked, from the command to the outcome, and leads back to the channel', async () => {
    const { ana, ben, slack, acme, team } = scene;
    await scene.gateway();
    await ana.types('/mcp', here());
    await expect.poll(() => saidTo(ana, here())).toContain('● everything · sign-in needed');
    expectNothingFor(ben);
    await ana.types('/mcp auth', here());
    await linkFor(ana, here());
    expectNothingFor(ben);
    const page = await openConnect(await scene.browser(), await pressLink(ana, here()));
    expect(await page.textContent('main')).toContain('Slack · @ana asked for this.');
    await goOn(page);
    await agree(page);
    await page.getByText('everything is connected').waitFor();
    expect(await page.textContent('main')).toContain('13 tools');
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(lastOf(ana, here())).toMatchObject({ buttons: [], ephemeral: true });
    expect(answersTo(ana, here())).toHaveLength(2);
    expect(ana.sees()).toBe('');
    expectNothingFor(ben);
    expect(await backToSlack(page)).toBe(`https://slack.com/app_redirect?team=${acme.id}&channel=${team.id}`);
    expect(slack.callsOf('chat.postMessage')).toEqual([]);
  });

  it('says to a plain /mcp: one acknowledgement and one post, with nothing asked besides', async () => {
    const { ana, slack } = scene;
    await scene.gateway();
    await expect.poll(() => slack.callsOf('auth.test').length).toBe(1);
    const before = slack.calls.length;
    expect(await ana.types('/mcp', here())).toEqual({ kind: 'command' });
    await expect.poll(() => saidTo(ana, here())).toContain('sign-in needed');
    const calls = slack.calls.slice(before).map(({ method, outcome }) => `${method} ${outcome}`);
    expect(calls).toEqual(['response_url ok']);
    expect(slack.deliveries.map(({ kind, retry }) => [kind, retry])).toEqual([['slash_commands', 0]]);
  });

  it('tells the outcome in one private message where the link was copied, so that nothing can edit its message', async () => {
    const { ana, ben, slack } = scene;
    await scene.gateway();
    await ana.types('/mcp auth everything', here());
    await signIn(await scene.browser(), await linkFor(ana, here()));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    expect(lastOf(ana).buttons).toEqual([]);
    expect(slack.callsOf('chat.postMessage')).toHaveLength(1);
    expectNothingFor(ben);
  });

  it('edits its status message when it is refreshed after the sign-in, and the button goes', async () => {
    const { ana } = scene;
    await scene.gateway();
    await ana.types('/mcp', here());
    await expect.poll(() => saidTo(ana, here())).toContain('sign-in needed');
    await ana.presses('Sign in', here());
    await expect.poll(() => saidTo(ana, here())).toContain('The link works for 10 minutes.');
    expect(answersTo(ana, here())).toHaveLength(1);
    await signIn(await scene.browser(), await pressLink(ana, here()));
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(answersTo(ana, here())).toHaveLength(1);
  });

  it('takes two people of one channel through their own sign-ins at the same time', async () => {
    const { ana, ben } = scene;
    await scene.gateway();
    await Promise.all([ana, ben].map((person) => person.types('/mcp auth', here())));
    const [forAna, forBen] = [await pressLink(ana, here()), await pressLink(ben, here())];
    expect(forAna).not.toBe(forBen);
    expect(ben.seesAnywhere()).not.toContain(forAna);
    await signIn(await scene.browser(), forBen, 'ben');
    await expect.poll(() => saidTo(ben, here())).toBe(CONNECTED);
    expect(lastOf(ana, here()).text).toContain('The link works for 10 minutes.');
    await signIn(await scene.browser(), forAna, 'ana');
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(new Set(scene.everything.callers)).toEqual(new Set(['ana', 'ben']));
  });

  it('answers a mention in a thread within the thread, where slash commands do not reach', async () => {
    const { ana, ben, team } = scene;
    await scene.gateway();
    const opened = await ben.types('Shall we look at the servers?', here());
    if (opened.kind !== 'message') throw new Error('Ben said nothing');
    const thread: Where = { channel: team, thread: opened.message };
    expect(await ana.types('/mcp', thread)).toMatchObject({ kind: 'refused' });
    await ana.types('@acmemcp mcp auth', thread);
    await signIn(await scene.browser(), await pressLink(ana, thread));
    await expect.poll(() => saidTo(ana, thread)).toBe(CONNECTED);
    expect(lastOf(ana, thread)).toMatchObject({ ephemeral: true, buttons: [] });
    expect(answersTo(ben, thread)).toEqual([]);
    expect(ben.sees() + ana.sees()).toBe('');
  });

  it.each([
    ['the bot is not a member', { bot: false }],
    ['only its members know of it', { private: true }],
    ['both', { bot: false, private: true }],
  ])('works by the command in a channel of which %s', async (_what, options) => {
    const { ana, ben, acme } = scene;
    await scene.gateway();
    const channel = acme.channel('quiet', [ana, ben], options);
    await ana.types('/mcp auth', { channel });
    await signInWithoutBrowser(await pressLink(ana, { channel }));
    await expect.poll(() => saidTo(ana, { channel })).toBe(CONNECTED);
    expectNothingFor(ben);
  });

  it('says that Ana declined, takes the link away, and tries again by one tap', async () => {
    const { ana, ben } = scene;
    await scene.gateway();
    await ana.types('/mcp auth everything', here());
    const page = await openConnect(await scene.browser(), await pressLink(ana, here()));
    await goOn(page);
    await page.getByRole('link', { name: /cancel/i }).click();
    await expect.poll(() => saidTo(ana, here())).toBe('✗ everything: you declined the request.');
    expect(lastOf(ana, here()).buttons.map(({ label }) => label)).toEqual(['Try again']);
    await ana.presses('Try again', here());
    await signIn(await scene.browser(), await pressLink(ana, here()));
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expectNothingFor(ben);
  });

  it('ends a sign-in by a button, and the link with it', async () => {
    const { ana } = scene;
    await scene.gateway();
    await ana.types('/mcp auth everything', here());
    const link = await linkFor(ana, here());
    await ana.presses('Cancel', here());
    await expect.poll(() => saidTo(ana, here())).toBe('– everything: cancelled');
    expect(lastOf(ana, here()).buttons).toEqual([]);
    const page = await openConnect(await scene.browser(), link);
    await page.getByText('This sign-in was cancelled').waitFor();
    expect(scene.provider.counts.token).toBe(0);
  });

  it('says that a link has expired, and tries again by one tap, for Ana alone', async () => {
    const { ana, ben, clock } = scene;
    const gateway = await scene.gateway();
    await ana.types('/mcp auth everything', here());
    const old = await pressLink(ana, here());
    // A press is acknowledged before what it brought is written down: the way to edit its message.
    const written = (await gateway.store()).records('chat-slack');
    await expect.poll(async () => (await written.keys()).some((key) => key.startsWith('way'))).toBe(true);
    clock.advance(11 * 60_000);
    await expect.poll(() => saidTo(ana, here())).toBe('✗ everything: the link expired after 10 minutes.');
    expect(await ana.presses('Try again', here())).toMatchObject({ acknowledged: true });
    const link = await pressLink(ana, here());
    expect(link).not.toBe(old);
    const page = await openConnect(await scene.browser(), old);
    await page.getByText('This link has expired').waitFor();
    await signIn(await scene.browser(), link);
    await expect.poll(() => saidTo(ana, here())).toBe(CONNECTED);
    expect(answersTo(ana, here())).toHaveLength(1);
    expectNothingFor(ben);
  });
});
