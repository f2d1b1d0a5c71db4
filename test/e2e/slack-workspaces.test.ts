import { describe, expect, it } from 'vitest';
import { findChromium } from '../helpers/browser.js';
import { signIn as signInWithoutBrowser } from '../helpers/sign-in-browser.js';
import type { SlackPerson, SlackWorkspace, Where } from '../helpers/slack/face.js';
import { CONNECTED, idOf, linkFor, pressLink, saidTo, useSlackScene } from './slack-scene.js';
import { signIn } from './telegram-browsing.js';

const chromium = findChromium();
const NOT_HERE = 'I do not answer in this channel.';
const NOT_IN_THIS_WORKSPACE = 'I do not answer in this workspace.';
const stranger = (id: string): string =>
  `You may not use this gateway yet. Whoever runs it can let you in: your id is ${id}.`;

describe.skipIf(chromium === undefined)('Slack with several workspaces', () => {
  const scene = useSlackScene(chromium);

  const wordsFor = (
    workspaces: readonly SlackWorkspace[],
    users: readonly string[],
    more: Readonly<Record<string, unknown>> = {},
  ) => ({
    access: { users },
    platforms: scene.platform({
      bot_token: [...new Set(workspaces.map(({ botToken }) => botToken))],
      ...more,
    }),
  });

  const signedIn = async (person: SlackPerson, where?: Where): Promise<void> => {
    await person.types('/mcp', where);
    await expect.poll(() => saidTo(person, where)).toContain('everything · 13 tools · connected');
  };
  const notSignedIn = async (person: SlackPerson, where?: Where): Promise<void> => {
    await person.types('/mcp', where);
    await expect.poll(() => saidTo(person, where)).toContain('everything · sign-in needed');
  };

  it('serves each by its own token: same user id, another person', async () => {
    const { acme, ana, slack } = scene;
    const other = slack.workspace('Other');
    const twin = other.person('Twin', { id: ana.id });
    const channel = other.channel('general', [twin]);
    await scene.gateway(wordsFor([acme, other], [idOf(ana), idOf(twin)]));
    await ana.types('/mcp auth');
    await signIn(await scene.browser(), await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe(CONNECTED);
    await notSignedIn(twin, { channel });
    await signedIn(ana);
    await twin.types('/mcp auth', { channel });
    await signIn(await scene.browser(), await linkFor(twin, { channel }), 'twin');
    await expect.poll(() => saidTo(twin)).toBe(CONNECTED);
    expect(new Set(scene.everything.callers)).toEqual(new Set(['ana', 'twin']));
    const teams = slack.callsOf('chat.postMessage').map(({ team }) => team);
    expect(new Set(teams)).toEqual(new Set([acme.id, other.id]));
  });

  it('goes on in one where the token of the other is refused, and says so to operators', async () => {
    const { acme, ana, slack } = scene;
    const other = slack.workspace('Other');
    const olga = other.person('Olga');
    const gateway = await scene.gateway(wordsFor([acme, other], [idOf(ana), idOf(olga)]));
    await notSignedIn(olga);
    await other.revokeToken();
    const ready = async () => (await fetch(`${gateway.localUrl}/readyz`)).text();
    await expect.poll(ready).toContain('Slack refuses the bot token of Other');
    await notSignedIn(ana);
    const before = slack.calls.length;
    await olga.types('mcp').catch(() => undefined);
    await notSignedIn(ana);
    expect(slack.calls.slice(before).filter(({ team }) => team === other.id)).toEqual([]);
  });

  it('answers in the listed workspaces alone, direct messages included', async () => {
    const { acme, ana, slack } = scene;
    const other = slack.workspace('Other');
    const olga = other.person('Olga');
    const channel = other.channel('general', [olga]);
    const users = [idOf(ana), idOf(olga)];
    await scene.gateway(wordsFor([acme, other], users, { workspaces: [acme.id] }));
    await olga.types('/mcp', { channel });
    await expect.poll(() => saidTo(olga, { channel })).toBe(NOT_IN_THIS_WORKSPACE);
    await olga.types('/mcp auth everything');
    await expect.poll(() => saidTo(olga)).toBe(NOT_IN_THIS_WORKSPACE);
    await notSignedIn(ana);
    expect(scene.provider.counts.registration).toBe(0);
  });

  it('answers in the listed channels and in direct messages alone', async () => {
    const { acme, ana, ben, team } = scene;
    const lounge = acme.channel('lounge', [ana, ben]);
    await scene.gateway(wordsFor([acme], [idOf(ana)], { channels: [team.id] }));
    await ana.types('/mcp auth everything', { channel: lounge });
    await expect.poll(() => saidTo(ana, { channel: lounge })).toBe(NOT_HERE);
    await ana.types('@acmemcp mcp', { channel: lounge });
    await expect.poll(() => ana.sees({ channel: lounge }).split(NOT_HERE).length).toBe(3);
    await notSignedIn(ana, { channel: team });
    await notSignedIn(ana);
    expect(ben.messages({ channel: lounge }).filter(({ from }) => from === 'bot')).toEqual([]);
    expect(scene.provider.counts.registration).toBe(0);
  });

  it('lets in everybody of a workspace where the config says so, and nobody of another', async () => {
    const { acme, ben, slack } = scene;
    const other = slack.workspace('Other');
    const olga = other.person('Olga');
    await scene.gateway(wordsFor([acme, other], [`slack:${acme.id}/*`]));
    await notSignedIn(ben);
    await olga.types('/mcp');
    await expect.poll(() => saidTo(olga)).toBe(stranger(`slack:${other.id}/${olga.id}`));
  });

  it('tells a Slack Connect stranger from a member: their own id, in private, whatever is listed for the host', async () => {
    const { acme, ana, slack } = scene;
    const partner = slack.workspace('Partner', { installed: false });
    const eve = partner.person('Eve', { id: 'U0SAME' });
    const twin = acme.person('Twin', { id: 'U0SAME' });
    const channel = acme.channel('shared', [ana, eve], { sharedWith: [partner] });
    await scene.gateway(wordsFor([acme], [`slack:${acme.id}/*`]));
    await eve.types('@acmemcp mcp auth everything', { channel });
    await expect.poll(() => saidTo(eve, { channel })).toBe(stranger(`slack:${partner.id}/${eve.id}`));
    expect(ana.messages({ channel }).filter(({ from }) => from === 'bot')).toEqual([]);
    expect(twin.seesAnywhere()).toBe('');
    expect(scene.provider.counts.registration).toBe(0);
  });

  it('takes one person of an Enterprise Grid organisation for one in all its workspaces', async () => {
    const { slack } = scene;
    const options = { enterpriseId: 'E0ORG' };
    const [sales, labs] = [slack.workspace('Sales', options), slack.workspace('Labs', options)];
    const ana = sales.person('Ana');
    const inLabs = labs.admit(ana);
    const room = labs.channel('room', [inLabs]);
    await scene.gateway(wordsFor([sales, labs], [`slack:E0ORG/${ana.id}`]));
    await ana.types('/mcp auth');
    await signInWithoutBrowser(await linkFor(ana));
    await expect.poll(() => saidTo(ana)).toBe('✓ everything connected · 13 tools');
    await signedIn(inLabs, { channel: room });
  });

  it('needs one token for an organisation that installed the app as a whole', async () => {
    const { slack } = scene;
    const options = { enterpriseId: 'E0ORG', orgInstall: true };
    const [sales, labs] = [slack.workspace('Sales', options), slack.workspace('Labs', options)];
    const ana = sales.person('Ana');
    const inLabs = labs.admit(ana);
    const room = labs.channel('room', [inLabs]);
    await scene.gateway(wordsFor([sales, labs], [`slack:E0ORG/${ana.id}`]));
    await inLabs.types('/mcp auth', { channel: room });
    await signInWithoutBrowser(await pressLink(inLabs, { channel: room }));
    await expect.poll(() => saidTo(inLabs, { channel: room })).toBe(CONNECTED);
    await signedIn(ana);
  });
});
