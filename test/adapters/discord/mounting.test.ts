import { type ButtonInteraction, type Client, Events, type Message } from 'discord.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGateway, type GatewayModule } from '../../../src/module.js';
import { createLog } from '../../../src/observability/log.js';
import { startDiscord } from '../../helpers/discord/discord.js';
import type { Discord, DiscordChannel, DiscordPerson } from '../../helpers/discord/face.js';
import { hostClient } from './opened.js';

const ends: (() => Promise<unknown>)[] = [];
const lines: string[] = [];
let discord: Discord;
let ana: DiscordPerson;
let ben: DiscordPerson;
let general: DiscordChannel;

beforeEach(async () => {
  lines.length = 0;
  discord = await startDiscord();
  ends.push(() => discord.close());
  [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
  general = discord.guild('Acme', [ana, ben]).channel('general');
  discord.register([{ name: 'weather', description: 'The weather', type: 1 }]);
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A bot that knows nothing of the gateway: a command, a button, an answer to anything else. */
function host(): { readonly client: Client; readonly saw: string[] } {
  const client = hostClient(discord);
  const saw: string[] = [];
  ends.push(() => client.destroy());
  client.on(Events.Raw, ({ t }: { t: string }) => {
    if (t === 'INTERACTION_CREATE' || t.startsWith('MESSAGE_')) saw.push(`raw ${t}`);
  });
  client.on(Events.InteractionCreate, async (interaction) => {
    if (interaction.isChatInputCommand()) {
      saw.push(`command ${interaction.commandName}`);
      if (interaction.commandName === 'weather')
        await interaction.reply({
          content: 'Sunny.',
          components: [{ type: 1, components: [{ type: 2, style: 2, label: 'More', custom_id: 'more' }] }],
        });
    } else if (interaction.isButton()) {
      saw.push(`button ${interaction.customId}`);
      await interaction.update({ content: 'Still sunny.', components: [] });
    } else saw.push(`interaction ${interaction.type}`);
  });
  client.on(Events.MessageCreate, async (message: Message) => {
    if (message.author.bot) return;
    saw.push(`text ${message.content}`);
    await message.reply('I heard you.');
  });
  client.on(Events.MessageUpdate, (_before, after) => {
    if (!after.author.bot) saw.push(`edited ${after.content}`);
  });
  client.ws.on('INTERACTION_CREATE' as never, () => void saw.push('packet'));
  return { client, saw };
}

async function gatewayFor(
  client: Client,
  options: { readonly commands?: boolean } = {},
): Promise<GatewayModule> {
  const gateway = await createGateway(
    {
      public_url: 'https://gateway.example',
      storage: 'memory',
      access: { users: '*' },
      mcp_servers: { files: { url: 'http://127.0.0.1:9/mcp' } },
    },
    { log: createLog('trace', { write: (line: string) => void lines.push(line) }) },
  );
  gateway.discord(client, options);
  ends.push(() => gateway.stop());
  return gateway;
}

const start = (gateway: GatewayModule) => gateway.start({ listeners: 'none' });
const login = async (client: Client): Promise<void> => {
  await client.login(discord.token);
  if (!client.isReady()) await new Promise((resolve) => client.once(Events.ClientReady, resolve));
};
const registered = () =>
  expect.poll(() => discord.commands().map(({ name }) => name)).toEqual(['weather', 'mcp']);

describe('inside a discord.js client', () => {
  for (const order of ['the gateway starts first', 'the client logs in first'] as const)
    it(`/mcp is the gateway’s and everything else is the host’s (${order})`, async () => {
      const { client, saw } = host();
      const gateway = await gatewayFor(client);
      if (order === 'the gateway starts first') await start(gateway);
      await login(client);
      if (order === 'the client logs in first') await start(gateway);
      await registered();
      const mine = await ana.types('/mcp', {}, general);
      expect(mine).toMatchObject({ kind: 'message', message: { ephemeral: true } });
      expect(ana.sees(general)).toContain('MCP servers');
      expect(ben.sees(general)).not.toContain('MCP servers');
      expect(await ana.presses('Refresh', general)).toMatchObject({ kind: 'updated' });
      expect(await ana.completes('command', 'sta', general)).toEqual([{ name: 'status', value: 'status' }]);
      expect(saw).toEqual([]);
      expect(await ana.types('/weather', {}, general)).toMatchObject({ kind: 'message' });
      expect(await ana.presses('More', general)).toMatchObject({ kind: 'updated' });
      const handled = saw.filter((line) => /^(command|button|interaction)/.test(line));
      expect(handled).toEqual(['command weather', 'button more']);
    });

  it('texts to the gateway are hidden, edits of them too, and the host hears all others', async () => {
    const { client, saw } = host();
    const gateway = await gatewayFor(client);
    await start(gateway);
    await login(client);
    const secret = await ana.says('mcp auth files sk-4711abcdefghijklmnop');
    await expect.poll(() => ana.sees()).toContain('That looks like a key');
    await ana.edits(secret, 'mcp auth files');
    await ana.says('@bot mcp', general);
    await expect.poll(() => ana.sees()).toContain('MCP servers');
    await ana.says('hello', general);
    await ana.says('@bot hello', general);
    await expect.poll(() => saw.filter((line) => line.startsWith('text'))).toHaveLength(2);
    const said = saw.filter((line) => !line.startsWith('raw'));
    expect(said).toEqual(['text ', `text <@${discord.bot.id}> hello`]);
    expect(JSON.stringify(saw)).not.toContain('sk-4711abcdefghijklmnop');
  });

  it('a key that is taken away again is not told to the host, which may write down what was deleted', async () => {
    const { client, saw } = host();
    const deleted = (message: { readonly content: string | null }) =>
      void saw.push(`deleted ${message.content}`);
    client.on(Events.MessageDelete, deleted);
    client.on(Events.MessageBulkDelete, (messages) => messages.forEach(deleted));
    const gateway = await gatewayFor(client);
    await start(gateway);
    await login(client);
    const secret = await ana.says('@bot mcp auth files sk-4711abcdefghijklmnop', general);
    await expect.poll(() => ana.sees()).toContain('That looks like a key');
    const other = await ana.says('@bot hello', general);
    await expect.poll(() => saw.filter((line) => line.startsWith('text'))).toHaveLength(1);
    // Discord refuses a reply to what is deleted by then.
    await expect.poll(() => ana.sees(general)).toContain('I heard you.');
    const channel = await client.channels.fetch(general.id);
    if (channel === null || !channel.isTextBased()) throw new Error('There is no such channel.');
    const both = new Map([secret, other].map(({ id }) => [id, channel.messages.cache.get(id)] as const));
    expect(both.get(other.id)).toBeDefined();
    await ana.deletes(secret);
    await ana.deletes(other);
    await expect.poll(() => saw).toContain(`deleted <@${discord.bot.id}> hello`);
    client.emit(Events.MessageBulkDelete, both as never, channel as never);
    expect(saw.filter((line) => line.startsWith('deleted'))).toHaveLength(2);
    expect(JSON.stringify(saw)).not.toContain('sk-4711');
  });

  it('what the host awaits is not confused by the gateway’s buttons', async () => {
    const { client } = host();
    const gateway = await gatewayFor(client);
    await start(gateway);
    await login(client);
    await registered();
    await ana.types('/mcp', {}, general);
    const channel = await client.channels.fetch(general.id);
    if (channel === null || !channel.isTextBased()) throw new Error('There is no such channel.');
    const collected: ButtonInteraction[] = [];
    const collector = channel.createMessageComponentCollector();
    collector.on('collect', (press) => void collected.push(press as ButtonInteraction));
    await ana.presses('Refresh', general);
    await ana.types('/weather', {}, general);
    await ana.presses('More', general);
    await expect.poll(() => collected.map(({ customId }) => customId)).toEqual(['more']);
    collector.stop();
  });

  it('after the stop everything is the host’s again, and its client is as it was', async () => {
    const { client, saw } = host();
    const before = Object.getOwnPropertyNames(client);
    const gateway = await gatewayFor(client);
    await start(gateway);
    expect(Object.getOwnPropertyNames(client)).toContain('emit');
    await login(client);
    await registered();
    await gateway.stop();
    expect(Object.getOwnPropertyNames(client)).toEqual(before);
    void ana.types('/mcp', {}, general);
    await expect.poll(() => saw).toContain('command mcp');
  });

  it('what another put in front of the client later stays there after the stop', async () => {
    const { client, saw } = host();
    const gateway = await gatewayFor(client);
    await start(gateway);
    const { emit } = client;
    const counted: string[] = [];
    client.emit = ((event: string, ...args: unknown[]) => {
      counted.push(event);
      return (emit as (event: string, ...args: unknown[]) => boolean).call(client, event, ...args);
    }) as Client['emit'];
    await login(client);
    await registered();
    await gateway.stop();
    void ana.types('/mcp', {}, general);
    await expect.poll(() => saw).toContain('command mcp');
    expect(counted).toContain('interactionCreate');
  });

  it('before the start /mcp is the host’s, and a line in the log says why', async () => {
    const { client, saw } = host();
    const gateway = await gatewayFor(client);
    await login(client);
    discord.register([{ name: 'mcp', description: 'x', type: 1 }]);
    void ana.types('/mcp', {}, general);
    void ana.types('/mcp', {}, general);
    await expect.poll(() => saw.filter((line) => line === 'command mcp')).toHaveLength(2);
    expect(lines.filter((line) => line.includes('the gateway is not started'))).toHaveLength(1);
    await start(gateway);
  });

  it('registers nothing where it is told not to', async () => {
    const { client } = host();
    const gateway = await gatewayFor(client, { commands: false });
    await start(gateway);
    await login(client);
    await ana.says('mcp');
    await expect.poll(() => ana.sees()).toContain('MCP servers');
    expect(discord.callsOf('GET /applications/:id/commands')).toEqual([]);
  });

  it('sends by the host’s own client, and goes on after the host reconnects', async () => {
    const { client } = host();
    const gateway = await gatewayFor(client);
    await start(gateway);
    await login(client);
    await registered();
    discord.gateway.drop();
    await expect.poll(() => discord.gateway.resumes).toBe(1);
    expect(await ana.types('/mcp', {}, general)).toMatchObject({ kind: 'message' });
    expect(discord.gateway.identifies).toBe(1);
  });
});
