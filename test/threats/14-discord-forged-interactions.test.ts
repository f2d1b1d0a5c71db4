import { createServer, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startDiscord } from '../helpers/discord/discord.js';
import type { Discord, DiscordChannel, DiscordPerson, Fields, RawPost } from '../helpers/discord/face.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { answerTo, heard, newest, onlyFor, untilSees, useDiscord } from './discord-scene.js';
import { recordFiles } from './records.js';

const threats = useDiscord();
const PATH = '/webhooks/discord';

interface Hooked {
  readonly discord: Discord;
  readonly ana: DiscordPerson;
  readonly general: DiscordChannel;
  readonly gateway: RunningGateway;
  /** A good interaction of Ana's that was never delivered: `/mcp auth files`. */
  readonly fresh: Fields;
}

async function hooked(): Promise<Hooked> {
  const discord = await threats.platform();
  const ana = discord.person('Ana');
  const general = discord.guild('Acme', [ana]).channel('general');
  const gateway = await threats.hooked(discord, onlyFor(ana));
  await answerTo(ana, 'help', general);
  // What may edit the answer is written down a moment after it.
  await expect.poll(async () => Object.keys(await recordFiles(gateway)).join()).toContain('token');
  const [first = {}] = discord.sent;
  const options = [{ type: 3, name: 'command', value: 'auth files' }];
  const fresh = {
    ...first,
    id: String(BigInt(String(first.id)) + 1n),
    data: { ...(first.data as Fields), options },
  };
  return { discord, ana, general, gateway, fresh };
}

const seconds = (): number => Math.floor(threats.clock.now() / 1000);

/** Nothing of it was acted on: no call, and no record but those of time going by. */
async function expectNothing({ discord, gateway }: Hooked, act: () => Promise<void>): Promise<void> {
  const calls = discord.calls.length;
  const before = await recordFiles(gateway);
  await act();
  expect(discord.calls).toHaveLength(calls);
  expect(await recordFiles(gateway)).toEqual(before);
}

describe('threat 14: an interaction that Discord did not sign', () => {
  it('without a signature, or with one that is nearly it: 401, and nothing runs or is written down', async () => {
    const scene = await hooked();
    const { discord, fresh } = scene;
    const other = await startDiscord();
    const body = JSON.stringify(fresh);
    const good = String(seconds());
    const wrong: readonly RawPost[] = [
      { signature: 'none' },
      { signature: '' },
      { signature: 'stranger' },
      { signature: '0'.repeat(128) },
      { signature: 'f'.repeat(128) },
      { signature: '00' },
      { signature: 'z'.repeat(128) },
      { signature: discord.application.publicKey },
      { signature: discord.application.publicKey + discord.application.publicKey },
      { signature: 'undefined' },
      { signature: 'null' },
      { signature: 'A'.repeat(8_000) },
      { timestampHeader: '', timestamp: good },
      { timestampHeader: 'now', timestamp: 'now' },
      { timestampHeader: `${good}.0`, timestamp: `${good}.0` },
      { timestampHeader: `-${good}`, timestamp: `-${good}` },
      { timestampHeader: '1e9', timestamp: '1e9' },
      { timestampHeader: `0x${seconds().toString(16)}`, timestamp: `0x${seconds().toString(16)}` },
      { timestampHeader: 'NaN', timestamp: 'NaN' },
      { timestampHeader: 'Infinity', timestamp: 'Infinity' },
      { timestampHeader: '9'.repeat(40), timestamp: '9'.repeat(40) },
      // One side signed the second before, or without the time at all.
      { timestampHeader: String(seconds() + 1), timestamp: seconds() },
      { timestampHeader: good, timestamp: '' },
    ];
    await expectNothing(scene, async () => {
      for (const how of wrong) {
        const answer = await discord.interactions.post(fresh, { body, ...how });
        expect([how, answer.status, answer.body]).toEqual([how, 401, '']);
      }
      // By another application's key, over the same bytes.
      const url = `${scene.gateway.url}${PATH}`;
      expect((await other.interactions.post(fresh, { url, timestamp: seconds() })).status).toBe(401);
    });
    await other.close();
    expect((await discord.interactions.post(fresh)).status).toBe(202);
    // Discord knows nothing of it, so that its answer finds no other way than this.
    await untilSees(scene.ana, 'sign in at');
  });

  it('signed, and then altered by a byte anywhere: 401', async () => {
    const scene = await hooked();
    const { discord, fresh, gateway } = scene;
    const signed = await signedBy(discord, fresh);
    const text = signed.body;
    const altered = [
      text.replace('auth files', 'auth filex'),
      text.replace(scene.ana.id, '1190350394018529311'),
      `${text} `,
      ` ${text}`,
      text.slice(0, -1),
      text.replace('{', '{"type":1,'),
      text.replaceAll('"', "'"),
      Buffer.from(text, 'utf16le').toString('latin1'),
      '',
    ];
    await expectNothing(scene, async () => {
      for (const body of altered) {
        const { status } = await post(gateway.url, PATH, body, { headers: signed.headers });
        expect([body.slice(0, 40), status]).toEqual([body.slice(0, 40), 401]);
      }
    });
    expect((await post(gateway.url, PATH, text, { headers: signed.headers })).status).toBe(202);
  });

  it('old or future-dated by more than five minutes: 401; within them: taken', async () => {
    const scene = await hooked();
    const { discord, fresh } = scene;
    const at = (by: number) => ({ timestamp: seconds() + by });
    await expectNothing(scene, async () => {
      for (const by of [-301, -3_600, -86_400, 302, 3_600, 31_536_000, -seconds()])
        expect([by, (await discord.interactions.post(fresh, at(by))).status]).toEqual([by, 401]);
      // In milliseconds, as a program that mixes the two up would have it.
      expect((await discord.interactions.post(fresh, { timestamp: threats.clock.now() })).status).toBe(401);
    });
    for (const [n, by] of [-295, 295].entries()) {
      const one = { ...fresh, id: String(BigInt(String(fresh.id)) + BigInt(n + 2)) };
      expect((await discord.interactions.post(one, at(by))).status).toBe(202);
    }
  });

  it('that was listened in on, sent again: acted on once, by this process and the next, and later not believed at all', async () => {
    const scene = await hooked();
    const { discord, ana, general, gateway } = scene;
    await answerTo(ana, 'auth files', general);
    await untilSees(ana, 'sign in at', general);
    const recorded = discord.sent.at(-1) ?? {};
    const links = () => heard(ana, general).filter(({ text }) => text.includes('sign in at')).length;
    const { body, headers } = await signedBy(discord, recorded);
    for (let again = 0; again < 5; again += 1)
      expect((await post(gateway.url, PATH, body, { headers })).status).toBe(202);
    const { stateFolder } = gateway;
    const listen = { public: new URL(gateway.url).host, local: new URL(gateway.localUrl).host };
    await gateway.stop();
    await threats.hooked(discord, onlyFor(ana), { stateFolder, listen });
    await expect.poll(async () => (await post(gateway.url, PATH, body, { headers })).status).toBe(202);
    await answerTo(ana, 'help', general);
    expect(links()).toBe(1);
    threats.clock.advance(301_000);
    expect((await post(gateway.url, PATH, body, { headers })).status).toBe(401);
  });

  it('at another path, by another method, on the local listener, or where the bot uses the Gateway: nothing runs', async () => {
    const scene = await hooked();
    const { discord, gateway, fresh } = scene;
    const { body, headers } = await signedBy(discord, fresh);
    await expectNothing(scene, async () => {
      for (const path of [
        '/',
        '/webhooks',
        '/webhooks/slack',
        `${PATH}/`,
        `${PATH}/x`,
        `${PATH}x`,
        '/WEBHOOKS/discord',
      ])
        expect([path, (await post(gateway.url, path, body, { headers })).status]).toEqual([path, 404]);
      for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
        expect([method, (await post(gateway.url, PATH, '', { method, headers })).status]).toEqual([
          method,
          405,
        ]);
      expect((await post(gateway.localUrl, PATH, body, { headers })).status).toBe(404);
    });
    const other = await threats.platform();
    const ben = other.person('Ben');
    const byGateway = await threats.gateway(other, onlyFor(ben));
    const signed = await signedBy(other, fresh);
    expect((await post(byGateway.url, PATH, signed.body, { headers: signed.headers })).status).toBe(404);
    expect(ben.sees()).toBe('');
  });

  it('that is none, or too much, is refused or means nothing; what comes next is still answered', async () => {
    const { discord, ana, general } = await hooked();
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const [body, statuses] of [
      ['', [400]],
      ['{', [400]],
      ['null', [202]],
      ['"interaction"', [202]],
      ['[]', [202]],
      ['{"type":"1"}', [202]],
      ['{"type":99}', [202]],
      ['{"__proto__":{"type":1}}', [202]],
      ['{"type":2}', [202]],
      [nested, [202, 400]],
      ['x'.repeat(1024 * 1024 + 1), [413]],
    ] as const) {
      const { status } = await discord.interactions.post({}, { body });
      expect(statuses, body.slice(0, 30)).toContain(status);
    }
    await answerTo(ana, 'help', general);
    expect(newest(ana, general).text).toContain('/mcp');
  });

  it('a PING is answered only where it is signed', async () => {
    const { discord } = await hooked();
    expect(await discord.interactions.post({ type: 1 })).toEqual({ status: 200, body: '{"type":1}' });
    for (const signature of ['none', 'stranger', '0'.repeat(128)])
      expect(await discord.interactions.post({ type: 1 }, { signature })).toEqual({ status: 401, body: '' });
  });
});

/** As Discord would send it now: captured on its way. */
async function signedBy(
  discord: Discord,
  payload: Fields,
): Promise<{ readonly body: string; readonly headers: Readonly<Record<string, string>> }> {
  const headers: Record<string, string> = {};
  const server = createServer((asked, answer) => {
    for (const name of ['x-signature-ed25519', 'x-signature-timestamp'])
      headers[name] = String(asked.headers[name]);
    answer.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await discord.interactions.post(payload, { url: `http://127.0.0.1:${port}/` });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { body: JSON.stringify(payload), headers };
}

interface Post {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Written by hand: `fetch` would tidy up paths and headers. */
function post(to: string, path: string, body: string, { method = 'POST', headers = {} }: Post = {}) {
  const { hostname: host, port } = new URL(to);
  return new Promise<{ readonly status: number }>((resolve, reject) => {
    const sent = request(
      { host, port, path, method, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ status: response.statusCode ?? 0 }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
