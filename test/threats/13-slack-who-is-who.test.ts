import { describe, expect, it } from 'vitest';
import { signIn } from '../helpers/sign-in-browser.js';
import type { SlackPerson } from '../helpers/slack/face.js';
import { shown } from './pages.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  heard,
  idOf,
  linkIn,
  newest,
  onlyFor,
  slackWords,
  untilSees,
  useSlack,
} from './slack-scene.js';

const slacks = useSlack();
const stranger = (id: string): string => `your id is ${id}.`;

describe('threat 12: an outsider', () => {
  it('hears at every door that they may not, and their own id: nothing about servers, people or keys', async () => {
    const notes = await slacks.keyServer();
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const [ana, eve] = [acme.person('Ana'), acme.person('Eve')];
    const here = { channel: acme.channel('team', [ana, eve]) };
    const gateway = await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: { files: { url: slacks.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
    const asked = await answerTo(ana, '/mcp auth notes', here);
    const form = asked.buttons.find(({ label }) => label === 'Add key');
    const texts = ['', 'auth', 'auth files', 'status notes', 'users', 'reload', 'help', 'logout files yes'];
    const more = ['nonsense', 'confirm 123456', 'auth notes sk-live-7f3a9c1e5b2d8f406a', 'tools notes 2'];
    for (const words of [...texts, ...more]) {
      await answerTo(eve, `/mcp ${words}`, here);
      await answerTo(eve, `mcp ${words}`);
      await answerTo(eve, `@acmemcp mcp ${words}`, here);
    }
    const own = newest(eve, here);
    const block_id = `mcp:${'A'.repeat(16)}:${acme.id}/${eve.id}:1`;
    for (const value of [form?.value, JSON.stringify({ words: ['users'] })]) {
      const before = slack.callsOf('response_url').length;
      const { modal } = await eve.forgesPress(own, { action_id: 'mcp:1', block_id, value });
      expect(modal).toBeUndefined();
      await expect.poll(() => slack.callsOf('response_url').length).toBeGreaterThan(before);
    }
    for (const { text } of [...heard(eve), ...heard(eve, here)]) expect(text).toContain(stranger(idOf(eve)));
    const told = [...heard(eve), ...heard(eve, here)].map((one) => JSON.stringify(one)).join();
    expect(told).not.toMatch(/files|NOTES_KEY|Ana|127\.0|sign in/i);
    const { refused, passed } = slacks.scene.files.counts;
    expect([refused, passed]).toEqual([0, 0]);
    expect(notes.shown).toEqual([]);
    expect(gateway.log.join('')).not.toMatch(/"?[Ee]ve"/);
  });

  it('who was let go keeps nothing: an open form and old buttons do nothing any more', async () => {
    const notes = await slacks.keyServer();
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const words = { mcp_servers: { notes: configuredKey(notes) } };
    const before = await slacks.gateway(slack, [acme], { ...onlyFor(ana), ...words });
    await answerTo(ana, '/mcp auth notes');
    await ana.presses('Add key');
    await expect.poll(() => ana.modal).toBeDefined();
    const { stateFolder, clock } = before;
    await before.stop();
    await expect.poll(() => slack.sockets.open).toBe(0);
    await slacks.gateway(
      slack,
      [acme],
      { access: { users: ['slack:T1/U2'] }, ...words },
      { stateFolder, clock },
    );
    await ana.submits({ NOTES_KEY: notes.key });
    await untilSees(ana, 'You may not use this gateway yet');
    expect(notes.shown).toEqual([]);
  });

  it('a member does not become an admin by a button or another spelling', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const [boss, ana] = [acme.person('Boss'), acme.person('Ana', { admin: true })];
    const here = { channel: acme.channel('team', [boss, ana]) };
    await slacks.gateway(slack, [acme], { access: { users: [idOf(ana)], admins: [idOf(boss)] } });
    const own = await answerTo(ana, '/mcp', here);
    const block_id = own.buttons[0]?.blockId;
    const refusals = () => heard(ana, here).filter(({ text }) => text.includes('Only an admin')).length;
    for (const words of [['users'], ['reload'], ['USERS'], ['\u200busers'], ['users', 'files']]) {
      const before = refusals();
      await ana.types(`/mcp ${words.join(' ')}`, here);
      await expect.poll(refusals).toBeGreaterThan(before);
      await ana.forgesPress(own, { action_id: 'mcp:1', block_id, value: JSON.stringify({ words }) });
    }
    await answerTo(ana, '/mcp help', here);
    expect(ana.seesAnywhere()).not.toMatch(/slack:T|reloaded/);
  });
});

describe('threat 13: who speaks is a workspace and an id that Slack gave, and nothing else', () => {
  it('a name that was an admin’s, or that looks like an id, opens nothing', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const boss = acme.person('Boss');
    await slacks.gateway(slack, [acme], { access: { users: [], admins: [idOf(boss)] } });
    const names = [idOf(boss), boss.id, '@boss', 'Boss', `x","id":"${boss.id}","y":"`, 'U0/../U1'];
    for (const name of names) {
      const liar = acme.person(name, { displayName: 'boss', realName: 'Boss' });
      for (const text of ['/mcp users', 'mcp users'])
        expect((await answerTo(liar, text)).text).toContain(stranger(idOf(liar)));
    }
  });

  it('the same id in another workspace is another person: keys, sign-ins, forms and messages', async () => {
    const notes = await slacks.keyServer();
    const slack = await slacks.platform();
    const [acme, other] = [slack.workspace('Acme'), slack.workspace('Other')];
    const ana = acme.person('Ana', { id: 'U0SAME' });
    const twin = other.person('Twin', { id: 'U0SAME' });
    const gateway = await slacks.gateway(slack, [acme, other], {
      ...onlyFor(ana, twin),
      mcp_servers: { files: { url: slacks.scene.files.url, auth: 'oauth' }, notes: configuredKey(notes) },
    });
    await signIn(linkIn(await askedFor(ana, '/mcp auth files')));
    await untilSees(ana, 'files connected');
    await answerTo(ana, '/mcp auth notes');
    await ana.fills('Add key', { NOTES_KEY: notes.key });
    await untilSees(ana, 'notes connected');
    await answerTo(twin, '/mcp');
    await untilSees(twin, 'files · sign-in needed');
    await untilSees(twin, 'notes · key needed');
    expect((await answerTo(twin, '/mcp logout files yes')).text).toContain('not signed in');
    const cancel = newest(ana);
    await answerTo(ana, '/mcp status files');
    expect(newest(ana).text).toContain('connected');
    expect(twin.seesAnywhere()).not.toMatch(/files connected|notes connected/);
    expect(cancel.from).toBe('bot');
    const keys = await (await gateway.store()).records('credentials').keys();
    expect(keys.toSorted()).toEqual(
      ['files', 'notes'].map((server) => `${encodeURIComponent(idOf(ana))}/${server}`),
    );
  });

  it('the same ids on another platform are another person’s', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const twin = `${acme.id}-${ana.id}`;
    const gateway = await slacks.gateway(slack, [acme], {
      access: { users: [idOf(ana), `web:${twin}`] },
      platforms: { ...slackWords(slack, [acme]), web: { people: [twin] } },
    });
    await signIn(linkIn(await askedFor(ana, '/mcp auth files')));
    await untilSees(ana, 'files connected');
    const visitor = await gateway.visitor(twin);
    expect((await visitor.say('/mcp')).text).toContain('sign-in needed');
  });

  it('what says no workspace, or names no person, is nobody: nothing runs, nothing is written down', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const here = { channel: acme.channel('team', [ana]) };
    const gateway = await slacks.gateway(slack, [acme], onlyFor(ana));
    await answerTo(ana, '/mcp help', here);
    await answerTo(ana, '@acmemcp mcp help', here);
    const own = newest(ana, here);
    await ana.presses('Status', here).catch(() => undefined);
    const before = { pending: await (await gateway.store()).records('pending').keys() };
    const commands = slack.deliveries.filter(({ kind }) => kind === 'slash_commands');
    const mentions = slack.deliveries.filter(({ kind }) => kind === 'events_api');
    const [command, mention] = [commands[0], mentions[0]];
    if (command === undefined || mention === undefined) throw new Error('nothing came');
    const ids: readonly unknown[] = [undefined, null, '', ' ', 7, true, [ana.id], { id: ana.id }];
    const strange = [...ids, `${ana.id}/x`, `../${ana.id}`, ana.id.toLowerCase(), `${ana.id} `, 'U'];
    for (const [at, id] of strange.entries()) {
      const trigger_id = `forged.${at}`;
      const text = 'auth files';
      await slack.redeliver({ ...command, payload: { ...command.payload, trigger_id, text, user_id: id } });
      await slack.redeliver({
        ...command,
        payload: { ...command.payload, trigger_id: `${trigger_id}.team`, text, team_id: id },
      });
      const event = { ...(mention.payload.event as object), text: `<@${acme.bot.userId}> mcp auth files` };
      await slack.redeliver({
        ...mention,
        payload: { ...mention.payload, event: { ...event, ts: `${at}.000001`, user: id } },
      });
    }
    await answerTo(ana, '/mcp help', here);
    expect(own.from).toBe('bot');
    expect(await (await gateway.store()).records('pending').keys()).toEqual(before.pending);
    expect(slacks.scene.provider.counts.registration).toBe(0);
    expect(gateway.log.join('')).not.toMatch(/"level":(50|60)/);
  });

  it('in a channel that others share, whoever names no workspace of their own is nobody', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const here = { channel: acme.channel('shared', [ana]) };
    await slacks.gateway(slack, [acme], { access: { users: [`slack:${acme.id}/*`] } });
    await answerTo(ana, '@acmemcp mcp help', here);
    const [mention] = slack.deliveries.filter(({ kind }) => kind === 'events_api');
    if (mention === undefined) throw new Error('nothing came');
    const {
      team: _team,
      user_team: _user,
      source_team: _source,
      ...event
    } = mention.payload.event as Record<string, unknown>;
    const text = `<@${acme.bot.userId}> mcp users`;
    const payload = { ...mention.payload, is_ext_shared_channel: true };
    await slack.redeliver({ ...mention, payload: { ...payload, event: { ...event, text, ts: '7.000001' } } });
    for (let more = 0; more < 3; more += 1) await answerTo(ana, '@acmemcp mcp help', here);
    expect(ana.seesAnywhere()).not.toContain('Only an admin');
  });

  it('a stranger of a shared channel whose id is a member’s acts for themselves, by mention, press and form', async () => {
    const notes = await slacks.keyServer();
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const partner = slack.workspace('Partner', { installed: false });
    const [ana, eve] = [acme.person('Ana', { id: 'U0SAME' }), partner.person('Eve', { id: 'U0SAME' })];
    const bea = acme.person('Bea');
    const here = { channel: acme.channel('shared', [bea, eve], { sharedWith: [partner] }) };
    const gateway = await slacks.gateway(slack, [acme], {
      access: { users: [idOf(ana), idOf(eve)] },
      mcp_servers: { notes: configuredKey(notes) },
    });
    await answerTo(ana, '/mcp auth notes');
    await ana.fills('Add key', { NOTES_KEY: notes.key });
    await untilSees(ana, 'notes connected');
    const asked = await answerTo(eve, '@acmemcp mcp auth notes', here);
    expect(asked.text).toContain('give its key');
    await eve.fills('Add key', { NOTES_KEY: 'key-of-eve-that-is-wrong' }, here);
    await untilSees(eve, 'did not accept this key', here);
    expect((await answerTo(eve, '@acmemcp mcp', here)).text).toContain('key needed');
    expect((await answerTo(eve, '@acmemcp mcp logout notes yes', here)).text).toContain('not signed in');
    const keys = await (await gateway.store()).records('credentials').keys();
    expect(keys).toEqual([`${encodeURIComponent(idOf(ana))}/notes`]);
  });

  it('the connect page says the account’s id where Slack tells no name', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    acme.setScopes(['app_mentions:read', 'chat:write', 'commands', 'im:history', 'im:write']);
    const ana: SlackPerson = acme.person('Ana');
    await slacks.gateway(slack, [acme], onlyFor(ana));
    const asked = await askedFor(ana, 'mcp auth files');
    const page = shown(await (await fetch(linkIn(asked))).text());
    expect(page).toContain(`Slack · ${ana.id} asked for this.`);
  });
});
