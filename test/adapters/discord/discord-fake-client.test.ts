import { once } from 'node:events';
import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  type ClientOptions,
  Events,
  GatewayIntentBits,
  type Interaction,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  Partials,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Discord, startDiscord } from '../../helpers/discord/discord.js';
import { StillClock } from '../../helpers/discord/still-clock.js';

const MCP = {
  name: 'mcp',
  description: 'Your MCP servers',
  contexts: [0, 1],
  integration_types: [0],
  options: [
    { type: 3, name: 'command', description: 'What to do', autocomplete: true },
    { type: 3, name: 'server', description: 'With which server', autocomplete: true },
  ],
};

let discord: Discord;
const clients: Client[] = [];
beforeEach(async () => {
  discord = await startDiscord({ now: new StillClock().now });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.destroy();
  await discord.close();
});

async function login(
  onInteraction: (interaction: Interaction) => Promise<unknown> = async () => {},
  options: Partial<ClientOptions> = {},
): Promise<Client<true>> {
  const client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
    partials: [Partials.Channel],
    rest: { api: discord.api },
    ...options,
  });
  clients.push(client);
  client.on(Events.InteractionCreate, (interaction) => void onInteraction(interaction).catch(() => {}));
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve));
  await client.login(discord.token);
  return ready;
}

const button = (label: string, id: string) =>
  new ActionRowBuilder<ButtonBuilder>().addComponents(
    new ButtonBuilder().setCustomId(id).setLabel(label).setStyle(ButtonStyle.Primary),
  );

describe('a discord.js client on the fake', () => {
  it('logs in, knows its guilds and channels, and registers commands', async () => {
    const ana = discord.person('Ana');
    const guild = discord.guild('Acme', [ana]);
    const general = guild.channel('general');
    const client = await login();
    expect(client.user.id).toBe(discord.bot.id);
    expect(client.guilds.cache.get(guild.id)?.channels.cache.get(general.id)?.name).toBe('general');
    await client.application.commands.set([MCP]);
    expect(discord.commands()).toMatchObject([{ name: 'mcp', options: [{ autocomplete: true }, {}] }]);
    expect((await client.application.commands.fetch()).first()?.equals(MCP, true)).toBe(true);
  });

  it('defers, edits, follows up and deletes, seen by the one who asked alone', async () => {
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    discord.register([MCP]);
    let edit = (): void => {};
    const edited = new Promise<void>((resolve) => {
      edit = resolve;
    });
    await login(async (interaction) => {
      if (!interaction.isChatInputCommand()) return;
      await interaction.deferReply({ flags: MessageFlags.Ephemeral });
      await edited;
      await interaction.editReply({ content: `server: ${interaction.options.getString('server')}` });
      const more = await interaction.followUp({ content: 'more', flags: MessageFlags.Ephemeral });
      await interaction.followUp({ content: 'for all' });
      await interaction.deleteReply(more);
    });
    expect(await ana.types('/mcp', { command: 'auth', server: 'linear' }, general)).toEqual({
      kind: 'thinking',
    });
    expect(ana.sees(general)).toBe('Acme MCP: Acme MCP is thinking…');
    edit();
    await expect.poll(() => ana.sees(general)).toBe('Acme MCP: server: linear\n\nAcme MCP: for all');
    expect(ben.sees(general)).toBe('Acme MCP: for all');
    ana.reloads();
    expect(ana.sees(general)).toBe('Acme MCP: for all');
  });

  it('is pressed, updates the message, opens a modal and gets it back', async () => {
    const ana = discord.person('Ana');
    discord.guild('Acme', [ana]);
    discord.register([MCP]);
    await login(async (interaction) => {
      if (interaction.isChatInputCommand())
        await interaction.reply({
          content: 'Key?',
          components: [button('Add key', 'key'), button('Later', 'later')],
          flags: MessageFlags.Ephemeral,
        });
      else if (interaction.isButton() && interaction.customId === 'key')
        await interaction.showModal(
          new ModalBuilder()
            .setCustomId('form')
            .setTitle('Key for weather')
            .addLabelComponents(
              new LabelBuilder()
                .setLabel('WEATHER_KEY')
                .setTextInputComponent(
                  new TextInputBuilder().setCustomId('k').setStyle(TextInputStyle.Short),
                ),
            ),
        );
      else if (interaction.isButton()) await interaction.update({ content: 'Later.', components: [] });
      else if (interaction.isModalSubmit()) {
        await interaction.deferUpdate();
        await interaction.editReply({
          content: `got ${interaction.fields.getTextInputValue('k')}`,
          components: [button('Later', 'later')],
        });
      }
    });
    expect(await ana.types('/mcp')).toMatchObject({
      kind: 'message',
      message: { ephemeral: true, text: 'Key?' },
    });
    expect(await ana.presses('Add key')).toMatchObject({
      kind: 'modal',
      modal: { title: 'Key for weather', inputs: [{ label: 'WEATHER_KEY', style: 'short', required: true }] },
    });
    expect(await ana.fills('Add key', { WEATHER_KEY: 'k-1' })).toEqual({ kind: 'acknowledged' });
    await expect.poll(() => ana.sees()).toBe('Acme MCP: got k-1\n[Later]');
    expect(await ana.presses('Later')).toMatchObject({
      kind: 'updated',
      message: { text: 'Later.', buttons: [] },
    });
  });

  it('completes options', async () => {
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    discord.register([MCP]);
    await login(async (interaction) => {
      if (!interaction.isAutocomplete()) return;
      const { name, value } = interaction.options.getFocused(true);
      const command = interaction.options.getString('command');
      await interaction.respond([{ name: `${command} ${name} ${value}`, value: 'linear' }]);
    });
    expect(await ana.completes('server', 'lin', general, { options: { command: 'auth' } })).toEqual([
      { name: 'auth server lin', value: 'linear' },
    ]);
  });

  it('writes into a DM, edits it there, and hears what is said there', async () => {
    const ana = discord.person('Ana');
    discord.guild('Acme', [ana]);
    const heard: string[] = [];
    const client = await login();
    client.on(
      Events.MessageCreate,
      (message) => void heard.push(`${message.author.username}: ${message.content}`),
    );
    const user = await client.users.fetch(ana.id);
    const sent = await user.send('hello');
    await sent.edit('hello again');
    expect(ana.sees()).toBe('Acme MCP: hello again');
    await ana.says('/mcp auth');
    await expect.poll(() => heard).toContain('ana: /mcp auth');
  });

  it('hears mentions in a guild with their text, and other talk without', async () => {
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const heard: string[] = [];
    const client = await login();
    client.on(Events.MessageCreate, ({ content }) => void heard.push(content));
    await ana.says('a secret', general);
    await ana.says('@bot mcp auth', general);
    await expect.poll(() => heard).toEqual(['', `<@${discord.bot.id}> mcp auth`]);
    expect(ana.sees(general)).toContain('Ana: @Acme MCP mcp auth');
  });

  it('resumes after a broken connection, and misses nothing', async () => {
    const ana = discord.person('Ana');
    discord.guild('Acme', [ana]);
    discord.register([MCP]);
    const client = await login(async (interaction) => {
      if (interaction.isChatInputCommand())
        await interaction.reply({ content: 'here', flags: MessageFlags.Ephemeral });
    });
    const heard: string[] = [];
    client.on(Events.MessageCreate, ({ content }) => void heard.push(content));
    discord.gateway.drop();
    await ana.says('while away');
    const outcome = ana.types('/mcp');
    await expect.poll(() => heard).toEqual(['while away']);
    expect(await outcome).toMatchObject({ kind: 'message' });
    expect(discord.gateway).toMatchObject({ identifies: 1, resumes: 1, ready: 1 });
  });

  it('comes back after a reconnect request, an invalid session and a dead heart', async () => {
    await discord.close();
    discord = await startDiscord({ now: new StillClock().now, heartbeatIntervalMs: 200 });
    const ana = discord.person('Ana');
    discord.guild('Acme', [ana]);
    const client = await login();
    // Until it has taken that in: a session that is invalid by then is an error that nobody catches in it.
    const resumed = () => once(client, Events.ShardResume);
    const first = resumed();
    discord.gateway.askToReconnect();
    await first;
    expect(discord.gateway.resumes).toBe(1);
    discord.gateway.invalidate(false);
    await expect.poll(() => discord.gateway.identifies).toBe(2);
    await expect.poll(() => discord.gateway.ready).toBe(1);
    const second = resumed();
    discord.gateway.stopAcknowledging();
    await second;
    expect(discord.gateway.resumes).toBeGreaterThan(1);
  });

  it('waits for Retry-After, and tries again after a 502', async () => {
    const ana = discord.person('Ana');
    discord.guild('Acme', [ana]);
    const client = await login();
    discord.fail('POST /channels/:id/messages', { retryAfter: 0.2 });
    discord.fail('POST /channels/:id/messages', { status: 502 });
    await (await client.users.fetch(ana.id)).send('late');
    expect(discord.callsOf('POST /channels/:id/messages').map(({ status }) => status)).toEqual([
      429, 502, 200,
    ]);
    expect(ana.sees()).toBe('Acme MCP: late');
  });

  it('is told of closed DMs, wrong tokens and forbidden intents', async () => {
    const ana = discord.person('Ana', { dms: 'closed' });
    discord.guild('Acme', [ana]);
    const client = await login();
    const user = await client.users.fetch(ana.id);
    await expect(user.send('hi')).rejects.toMatchObject({ code: 50007, status: 403 });
    await expect(login(undefined, { intents: [GatewayIntentBits.MessageContent] })).rejects.toThrow(
      /4014|disallowed/i,
    );
    discord.revokeToken();
    await expect(user.send('hi')).rejects.toMatchObject({ status: 401 });
  });

  it('is told what is wrong with a body', async () => {
    const ana = discord.person('Ana');
    discord.guild('Acme', [ana]);
    const client = await login();
    const user = await client.users.fetch(ana.id);
    await expect(user.send('x'.repeat(2001))).rejects.toThrow(
      'content[BASE_TYPE_MAX_LENGTH]: Must be 2000 or fewer in length.',
    );
  });

  it('gives and takes guilds, channels and threads', async () => {
    const ana = discord.person('Ana');
    const guild = discord.guild('Acme', [ana]);
    const client = await login();
    const general = guild.channel('general');
    const thread = general.thread('help');
    await expect.poll(() => client.channels.cache.has(thread.id)).toBe(true);
    await ana.says('@bot hi', thread);
    general.deny('ViewChannel');
    await expect(client.rest.get(`/channels/${general.id}`)).rejects.toMatchObject({ code: 50001 });
    guild.kickBot();
    await expect.poll(() => client.guilds.cache.size).toBe(0);
    guild.inviteBot();
    await expect.poll(() => client.guilds.cache.size).toBe(1);
  });
});
