import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Discord,
  type DiscordOptions,
  type DiscordPerson,
  startDiscord,
} from '../../helpers/discord/discord.js';
import { connectRaw, type RawGateway } from '../../helpers/discord/raw-gateway.js';

const GUILDS = 1 << 0;
const GUILD_MEMBERS = 1 << 1;
const GUILD_MESSAGES = 1 << 9;
const DIRECT_MESSAGES = 1 << 12;
const MESSAGE_CONTENT = 1 << 15;

let discord: Discord;
let ana: DiscordPerson;
const sockets: RawGateway[] = [];

async function start(options: DiscordOptions = {}): Promise<void> {
  discord = await startDiscord(options);
  ana = discord.person('Ana');
}
beforeEach(() => start());
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.breakOff();
  await discord.close();
});

async function connected(path?: string): Promise<RawGateway> {
  const socket = connectRaw(discord, path);
  sockets.push(socket);
  await socket.open;
  return socket;
}

async function identified(intents: number, more: object = {}): Promise<RawGateway> {
  const socket = await connected();
  socket.identify(discord.token, intents, { ...more });
  await expect.poll(() => socket.names).toContain('READY');
  return socket;
}

const ready = (socket: RawGateway) => socket.dispatched('READY')[0] ?? {};

describe('a connection', () => {
  it('is greeted, and its heartbeats are acknowledged', async () => {
    const socket = await connected();
    await expect.poll(() => socket.received).toMatchObject([{ op: 10, d: { heartbeat_interval: 41250 } }]);
    socket.send({ op: 1, d: null });
    await expect.poll(() => socket.received.at(-1)).toMatchObject({ op: 11 });
  });

  it('is closed with the code that says why', async () => {
    const codeAfter = async (send: (socket: RawGateway) => void): Promise<number> => {
      const socket = await connected();
      send(socket);
      return socket.closed;
    };
    expect(await codeAfter((socket) => socket.send('{'))).toBe(4002);
    expect(await codeAfter((socket) => socket.send({ op: 3, d: {} }))).toBe(4003);
    expect(await codeAfter((socket) => socket.identify('wrong', GUILDS))).toBe(4004);
    expect(await codeAfter((socket) => socket.identify(discord.token, 1 << 30))).toBe(4013);
    expect(await codeAfter((socket) => socket.identify(discord.token, MESSAGE_CONTENT))).toBe(4014);
    expect(await codeAfter((socket) => socket.identify(discord.token, GUILD_MEMBERS))).toBe(4014);
    expect(await codeAfter((socket) => socket.identify(discord.token, GUILDS, { shard: [2, 2] }))).toBe(4010);
    const twice = await identified(GUILDS);
    twice.identify(discord.token, GUILDS);
    expect(await twice.closed).toBe(4005);
    const odd = await identified(GUILDS);
    odd.send({ op: 99, d: {} });
    expect(await odd.closed).toBe(4001);
    expect(await (await connected('/gateway?v=9&encoding=json')).closed).toBe(4012);
  });

  it('is refused at other places, and while the Gateway is down', async () => {
    await expect(connected('/elsewhere?v=10&encoding=json')).rejects.toThrow('404');
    discord.gateway.goDown();
    await expect(connected()).rejects.toThrow('503');
    discord.gateway.comeBack();
    await identified(GUILDS);
  });
});

describe('a session', () => {
  it('begins with READY and its guilds, numbered', async () => {
    const guild = discord.guild('Acme', [ana]);
    guild.channel('general').thread('help');
    discord.guild('Elsewhere', [ana], { bot: false });
    const socket = await identified(GUILDS);
    await expect.poll(() => socket.names).toEqual(['READY', 'GUILD_CREATE']);
    expect(socket.received.map(({ s }) => s)).toEqual([null, 1, 2]);
    expect(ready(socket)).toMatchObject({
      v: 10,
      user: { id: discord.bot.id, bot: true },
      guilds: [{ id: guild.id, unavailable: true }],
      session_id: expect.any(String),
      resume_gateway_url: expect.stringMatching(/^ws:/),
      application: { id: discord.application.id },
      shard: [0, 1],
    });
    expect(socket.dispatched('GUILD_CREATE')).toMatchObject([
      {
        name: 'Acme',
        channels: [{ name: 'general' }],
        threads: [{ name: 'help' }],
        members: [{ user: { bot: true } }],
      },
    ]);
    expect(discord.gateway).toMatchObject({ ready: 1, connections: 1, identifies: 1, intents: GUILDS });
  });

  it('hears what its intents allow', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    discord.register([{ name: 'mcp', description: 'x' }]);
    const [none, direct] = [await identified(0), await identified(DIRECT_MESSAGES)];
    await ana.says('in the guild', general);
    await ana.says('in the DM');
    void ana.types('/mcp', {}, general);
    await expect.poll(() => direct.names).toEqual(['READY', 'MESSAGE_CREATE', 'INTERACTION_CREATE']);
    await expect.poll(() => none.names).toEqual(['READY', 'INTERACTION_CREATE']);
    expect(direct.dispatched('MESSAGE_CREATE')).toMatchObject([
      { content: 'in the DM', author: { id: ana.id } },
    ]);
  });

  it('gets the text of guild messages only with the intent, or where the bot is meant', async () => {
    await discord.close();
    await start({ privilegedIntents: MESSAGE_CONTENT });
    const general = discord.guild('Acme', [ana]).channel('general');
    const [blind, reading] = [
      await identified(GUILD_MESSAGES),
      await identified(GUILD_MESSAGES | MESSAGE_CONTENT),
    ];
    await ana.says('secret', general);
    await ana.says('@bot hello', general);
    await ana.says('@bot-role hello', general);
    const texts = (socket: RawGateway) => socket.dispatched('MESSAGE_CREATE').map(({ content }) => content);
    await expect
      .poll(() => texts(reading))
      .toEqual(['secret', expect.stringMatching(/^<@\d+> /), expect.stringMatching(/^<@&/)]);
    await expect.poll(() => texts(blind)).toEqual(['', `<@${discord.bot.id}> hello`, '']);
    expect(blind.dispatched('MESSAGE_CREATE')[0]).toMatchObject({
      guild_id: general.guild?.id,
      member: { roles: [] },
    });
  });

  it('is not told of channels that the bot cannot see, nor of what is ephemeral', async () => {
    const guild = discord.guild('Acme', [ana]);
    const [general, hidden] = [guild.channel('general'), guild.channel('hidden', { deny: ['ViewChannel'] })];
    const socket = await identified(GUILD_MESSAGES);
    await ana.says('@bot hidden', hidden);
    await ana.says('@bot open', general);
    await expect.poll(() => socket.dispatched('MESSAGE_CREATE')).toHaveLength(1);
  });

  it('is told of edits and deletions, of guilds that throw the bot out, of channels and threads', async () => {
    const guild = discord.guild('Acme', [ana]);
    const socket = await identified(GUILDS | DIRECT_MESSAGES);
    const message = await ana.says('one');
    await ana.edits(message, 'two');
    await ana.deletes(message);
    const channel = guild.channel('new');
    channel.thread('t').archive();
    channel.delete();
    guild.kickBot();
    guild.inviteBot();
    await expect
      .poll(() => socket.names.slice(2))
      .toEqual([
        'MESSAGE_CREATE',
        'MESSAGE_UPDATE',
        'MESSAGE_DELETE',
        'CHANNEL_CREATE',
        'THREAD_CREATE',
        'THREAD_UPDATE',
        'CHANNEL_DELETE',
        'GUILD_DELETE',
        'GUILD_CREATE',
      ]);
  });

  it('resumes after a drop, and gets what it missed', async () => {
    const first = await identified(DIRECT_MESSAGES);
    discord.gateway.drop();
    expect(await first.closed).toBe(1006);
    await ana.says('missed');
    const second = await connected('/resume?v=10&encoding=json');
    second.send({ op: 6, d: { token: discord.token, session_id: ready(first).session_id, seq: 1 } });
    await expect.poll(() => second.names).toEqual(['MESSAGE_CREATE', 'RESUMED']);
    expect(second.received.map(({ s }) => s)).toEqual([null, 2, 3]);
    await ana.says('now');
    await expect.poll(() => second.names).toHaveLength(3);
    expect(first.names).toEqual(['READY']);
    expect(discord.gateway).toMatchObject({ resumes: 1, identifies: 1, ready: 1 });
  });

  it('does not resume when unknown, ahead of itself, ended or without its token', async () => {
    const first = await identified(DIRECT_MESSAGES);
    const resume = async (d: object) => {
      const socket = await connected('/resume?v=10&encoding=json');
      socket.send({ op: 6, d: { token: discord.token, session_id: ready(first).session_id, seq: 1, ...d } });
      return socket;
    };
    const unknown = await resume({ session_id: 'other' });
    await expect.poll(() => unknown.received.at(-1)).toMatchObject({ op: 9, d: false });
    expect(await (await resume({ seq: 99 })).closed).toBe(4007);
    expect(await (await resume({ token: 'wrong' })).closed).toBe(4004);
    first.close(1000);
    await first.closed;
    await expect.poll(() => discord.gateway.ready).toBe(0);
    const ended = await resume({});
    await expect.poll(() => ended.received.at(-1)).toMatchObject({ op: 9, d: false });
  });

  it('is asked to reconnect, invalidated, dropped with a code, and shut out', async () => {
    const socket = await identified(DIRECT_MESSAGES);
    discord.gateway.askToReconnect();
    await expect.poll(() => socket.received.at(-1)).toMatchObject({ op: 7 });
    discord.gateway.invalidate(true);
    await expect.poll(() => socket.received.at(-1)).toMatchObject({ op: 9, d: true });
    const other = await identified(DIRECT_MESSAGES);
    discord.gateway.drop(4000);
    expect(await other.closed).toBe(4000);
    const last = await identified(DIRECT_MESSAGES);
    discord.revokeToken();
    expect(await last.closed).toBe(4004);
    const late = await connected();
    late.identify(discord.token, GUILDS);
    expect(await late.closed).toBe(4004);
  });

  it('takes raw dispatches and repeated interactions', async () => {
    discord.guild('Acme', [ana]);
    discord.register([{ name: 'mcp', description: 'x' }]);
    const socket = await identified(0);
    discord.gateway.dispatch('OF_THE_FUTURE', { odd: true });
    await discord.deliver({ type: 2, nothing: 'else' });
    void ana.types('/mcp');
    const [{ id } = { id: '' }] = discord.sent;
    await discord.redeliver(String(id));
    await expect
      .poll(() => socket.names.slice(1))
      .toEqual(['OF_THE_FUTURE', 'INTERACTION_CREATE', 'INTERACTION_CREATE', 'INTERACTION_CREATE']);
    const [raw, first, second] = socket.dispatched('INTERACTION_CREATE');
    expect(raw).toEqual({ type: 2, nothing: 'else' });
    expect(second).toEqual(first);
  });

  it('of a shard hears its guilds; DMs are heard by the first', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    const shard = Number((BigInt(general.guild?.id ?? 0) >> 22n) % 2n);
    const sessions = [
      await identified(GUILD_MESSAGES | DIRECT_MESSAGES, { shard: [0, 2] }),
      await identified(GUILD_MESSAGES | DIRECT_MESSAGES, { shard: [1, 2] }),
    ];
    await ana.says('guild', general);
    await expect.poll(() => sessions[shard]?.names).toContain('MESSAGE_CREATE');
    expect(sessions[1 - shard]?.names).toEqual(['READY']);
    await ana.says('dm');
    await expect
      .poll(() => sessions[0]?.dispatched('MESSAGE_CREATE').at(-1))
      .toMatchObject({ content: 'dm' });
  });
});
