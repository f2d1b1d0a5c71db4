import { afterEach, describe, expect, it } from 'vitest';
import { DiscordUnavailableError } from '../../../src/adapters/discord/connection/api.js';
import { createHostApi } from '../../../src/adapters/discord/connection/host-api.js';
import { startDiscord } from '../../helpers/discord/discord.js';
import { hostClient } from './opened.js';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe('a call by the host’s client', () => {
  it('is waited for as long as its patience is, also where the client sleeps out a 429 for longer', async () => {
    const rest = { request: () => new Promise<never>(() => undefined) };
    const api = createHostApi({ rest }, () => undefined);
    const edit = api.call({ method: 'PATCH', path: '/channels/1/messages/2', withinMs: 20 });
    await expect(edit).rejects.toBeInstanceOf(DiscordUnavailableError);
  });

  it('that was given up is not made later: it would come over a newer one', async () => {
    const discord = await startDiscord();
    ends.push(() => discord.close());
    const client = hostClient(discord);
    ends.push(() => client.destroy());
    client.rest.setToken(discord.token);
    const { id } = discord.guild('Acme', []).channel('general');
    const api = createHostApi(client, () => undefined);
    const say = (content: string, withinMs: number) =>
      api.call({ method: 'POST', path: `/channels/${id}/messages`, body: { content }, withinMs });
    discord.fail('POST /channels/:id/messages', { retryAfter: 0.3 });
    await expect(say('older', 200)).rejects.toBeInstanceOf(DiscordUnavailableError);
    expect(await say('newer', 60_000)).toMatchObject({ kind: 'ok' });
    const said = discord.callsOf('POST /channels/:id/messages').filter(({ status }) => status === 200);
    expect(said.map(({ body }) => body)).toMatchObject([{ content: 'newer' }]);
  });
});
