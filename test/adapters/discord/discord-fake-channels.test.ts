import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Discord,
  type DiscordPerson,
  type Fields,
  startDiscord,
} from '../../helpers/discord/discord.js';
import { callRest } from '../../helpers/discord/rest-call.js';

let discord: Discord;
let ana: DiscordPerson;
beforeEach(async () => {
  discord = await startDiscord();
  ana = discord.person('Ana');
});
afterEach(() => discord.close());

const call = (route: string, body?: unknown) => callRest(discord, route, body);

describe('where the bot may write', () => {
  it('says what is missing', async () => {
    const guild = discord.guild('Acme', [ana]);
    const general = guild.channel('general');
    const say = (body: Fields = { content: 'hi' }) => call(`POST /channels/${general.id}/messages`, body);
    general.deny('SendMessages');
    expect(await say()).toMatchObject({ status: 403, code: 50013 });
    general.deny('ViewChannel');
    expect(await say()).toMatchObject({ status: 403, code: 50001 });
    general.deny('EmbedLinks');
    expect(await say({ embeds: [{ title: 'a' }] })).toMatchObject({ status: 403, code: 50013 });
    expect(await say()).toMatchObject({ status: 200 });
    general.delete();
    expect(await say()).toMatchObject({ status: 404, code: 10003 });
  });

  it('opens a thread that was archived, but for a locked one', async () => {
    const thread = discord.guild('Acme', [ana]).channel('general').thread('help');
    const say = () => call(`POST /channels/${thread.id}/messages`, { content: 'hi' });
    thread.archive();
    expect(await say()).toMatchObject({ status: 200 });
    thread.archive({ locked: true });
    expect(await say()).toMatchObject({ status: 400, code: 50083 });
    expect(await call(`GET /channels/${thread.id}`)).toMatchObject({
      json: { thread_metadata: { archived: true, locked: true } },
    });
  });

  it('are DMs of people who let it, and share a guild with it', async () => {
    const dm = () => `/channels/${discord.dm(ana).id}/messages`;
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 403, code: 50278 });
    discord.guild('Acme', [ana]);
    expect(await call('POST /users/@me/channels', { recipient_id: ana.id })).toMatchObject({
      json: { id: discord.dm(ana).id, type: 1, recipients: [{ id: ana.id }] },
    });
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 200 });
    ana.closeDms();
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 403, code: 50007 });
    ana.openDms();
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 200 });
    ana.deleteAccount();
    expect(await call(`POST ${dm()}`, { content: 'hi' })).toMatchObject({ status: 403, code: 50007 });
    expect(await call('POST /users/@me/channels', { recipient_id: ana.id })).toMatchObject({ code: 50033 });
    const other = discord.person('OtherBot', { bot: true });
    expect(await call('POST /users/@me/channels', { recipient_id: other.id })).toMatchObject({ code: 50007 });
  });

  it('private channels are closed to it', async () => {
    const both = discord.privateChannel([ana, discord.person('Ben')]);
    expect(await call(`GET /channels/${both.id}`)).toMatchObject({ status: 403, code: 50001 });
  });
});

describe('messages that are there', () => {
  it('are edited and deleted by their author, and deleted with ManageMessages', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    const messages = `/channels/${general.id}/messages`;
    const own = (await call(`POST ${messages}`, { content: 'one', embeds: [{ title: 't' }] })).json as Fields;
    expect(await call(`PATCH ${messages}/${own.id}`, { content: null })).toMatchObject({
      json: { content: '', embeds: [{ title: 't' }], edited_timestamp: expect.any(String) },
    });
    expect(await call(`PATCH ${messages}/${own.id}`, { embeds: [] })).toMatchObject({ code: 50006 });
    const hers = await ana.says('my key is k-1', general);
    expect(await call(`PATCH ${messages}/${hers.id}`, { content: 'x' })).toMatchObject({
      status: 403,
      code: 50005,
    });
    expect(await call(`DELETE ${messages}/${hers.id}`)).toMatchObject({ status: 403, code: 50013 });
    general.grant('ManageMessages');
    expect(await call(`DELETE ${messages}/${hers.id}`)).toMatchObject({ status: 204 });
    expect(await call(`DELETE ${messages}/${hers.id}`)).toMatchObject({ status: 404, code: 10008 });
    const inDm = await ana.says('my key is k-2');
    expect(await call(`DELETE /channels/${discord.dm(ana).id}/messages/${inDm.id}`)).toMatchObject({
      code: 50003,
    });
    expect(await call(`DELETE ${messages}/${own.id}`)).toMatchObject({ status: 204 });
    expect(ana.sees(general)).toBe('');
  });

  it('are read without what others wrote, unless the bot is meant', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    await ana.says('secret', general);
    await ana.says('@bot hi', general);
    expect(await call(`GET /channels/${general.id}/messages?limit=2`)).toMatchObject({
      json: [{ content: `<@${discord.bot.id}> hi` }, { content: '' }],
    });
  });

  it('are replied to while they are there', async () => {
    const general = discord.guild('Acme', [ana]).channel('general');
    const hers = await ana.says('@bot hi', general);
    const reply = (more: Fields = {}) =>
      call(`POST /channels/${general.id}/messages`, {
        content: 'hello',
        message_reference: { message_id: hers.id, ...more },
      });
    expect(await reply()).toMatchObject({ json: { type: 19, referenced_message: { id: hers.id } } });
    expect(ana.pinged).toMatchObject([{ text: 'hello', replyTo: hers.id }]);
    await ana.deletes(hers);
    expect(await reply()).toMatchObject({ code: 50035 });
    expect(await reply({ fail_if_not_exists: false })).toMatchObject({ status: 200 });
  });
});
