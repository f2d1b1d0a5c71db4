import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Discord, Fields } from '../helpers/discord/face.js';
import { fuzzing } from '../helpers/fuzzing.js';
import { answerTo, newest, onlyFor, untilSees, useDiscord } from './discord-scene.js';

const threats = useDiscord();

const snowflake = fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }).map(String);
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    0,
    -1,
    1e21,
    Number.NaN,
    '',
    '0',
    '__proto__',
    'constructor',
  ),
  fc.string({ maxLength: 40 }),
  fc.integer(),
  snowflake,
);
const anything = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.object({ maxDepth: 2, maxKeys: 4 }));

/** Paths of everything in a payload. */
function paths(value: unknown, before: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [before];
  const inside = Object.entries(value).flatMap(([key, one]) => paths(one, [...before, key]));
  return before.length === 0 ? inside : [before, ...inside];
}

function replaced(value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value))
    return value.map((one, at) => (String(at) === first ? replaced(one, rest, by) : one));
  const members = (typeof value === 'object' ? value : undefined) ?? {};
  const inside = replaced((members as Fields)[first], rest, by);
  if (inside === undefined)
    return Object.fromEntries(Object.entries(members).filter(([key]) => key !== first));
  return { ...members, [first]: inside };
}

/** One of these payloads, new, and with something in it that is not as Discord would have it. */
const spoilt = (good: readonly Fields[]): fc.Arbitrary<Fields> =>
  fc.tuple(fc.constantFrom(...good), snowflake).chain(([payload, id]) =>
    fc
      .array(fc.tuple(fc.constantFrom(...paths(payload)), anything), { minLength: 1, maxLength: 3 })
      .map((changes) =>
        changes.reduce<unknown>((so, [path, by]) => replaced(so, path, by), { ...payload, id }),
      )
      .map((made) => (typeof made === 'object' && made !== null ? (made as Fields) : {})),
  );

/** An interaction of every kind, as this platform makes them. */
async function goodOnes(
  discord: Discord,
  ana: ReturnType<Discord['person']>,
  where: ReturnType<Discord['dm']>,
) {
  await answerTo(ana, '', where);
  await ana.completes('command', 'au', where);
  await ana.presses('Refresh', where);
  await ana.sends(5, { custom_id: 'mcp?AAAAAAAAAAAAAAAAAAAAAA', components: [] }, where);
  const used = discord.sent.map((payload) => payload);
  expect(new Set(used.map(({ type }) => type))).toEqual(new Set([2, 3, 4, 5]));
  return used;
}

const message = (discord: Discord, channel: string, author: string): Fields => ({
  id: '1190350394018530001',
  type: 0,
  channel_id: channel,
  channel_type: 1,
  content: `<@${discord.bot.id}> mcp help`,
  author: { id: author, username: 'ana', discriminator: '0', global_name: 'Ana' },
  mentions: [{ id: discord.bot.id }],
  flags: 0,
});

describe('threat 22: events that are not as they should be', () => {
  it('over the Gateway, of every kind, whatever is wrong with them: none ends the process or its connection', async () => {
    const discord = await threats.platform();
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    const gateway = await threats.gateway(discord, onlyFor(ana, ben));
    const interactions = await goodOnes(discord, ana, general);
    const messages = [message(discord, general.id, ana.id), message(discord, discord.dm(ana).id, ana.id)];
    fc.assert(
      fc.property(spoilt(interactions), spoilt(messages), anything, (interaction, text, junk) => {
        discord.gateway.dispatch('INTERACTION_CREATE', interaction);
        discord.gateway.dispatch('MESSAGE_CREATE', text);
        discord.gateway.dispatch('INTERACTION_CREATE', junk);
        discord.gateway.dispatch('MESSAGE_CREATE', junk);
        discord.gateway.dispatch('MESSAGE_UPDATE', text);
        discord.gateway.dispatch('SOMETHING_NEW', junk);
      }),
      fuzzing('Discord: Gateway events', 150),
    );
    for (const name of ['RESUMED', 'GUILD_CREATE', 'GUILD_DELETE', 'CHANNEL_DELETE'])
      discord.gateway.dispatch(name, {});
    await answerTo(ben, 'help', general);
    await untilSees(ben, 'What you can do', general);
    expect(discord.gateway.connections).toBe(1);
    expect(gateway.log.join('')).not.toMatch(/"level":60|could not be run|uncaught/i);
  });

  it('by HTTP, signed: each is answered with a status, none ends the process', async () => {
    const discord = await threats.platform();
    const [ana, ben] = [discord.person('Ana'), discord.person('Ben')];
    const general = discord.guild('Acme', [ana, ben]).channel('general');
    const gateway = await threats.hooked(discord, onlyFor(ana, ben));
    const interactions = await goodOnes(discord, ana, general);
    await fc.assert(
      fc.asyncProperty(spoilt(interactions), async (interaction) => {
        const { status, body } = await discord.interactions.post(interaction);
        expect([200, 202, 400]).toContain(status);
        expect(body).not.toMatch(/ {4}at |node:|Error/);
      }),
      fuzzing('Discord: signed interactions', 150),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (body) => {
        expect([200, 202, 400]).toContain((await discord.interactions.post({}, { body })).status);
      }),
      fuzzing('Discord: signed bodies', 60),
    );
    await answerTo(ben, 'help', general);
    expect(newest(ben, general).text).toContain('What you can do');
    expect(gateway.log.join('')).not.toMatch(/"level":60|could not be run|uncaught/i);
  });

  it('what Discord’s API answers is not as it should be either: nothing breaks, the next command is answered', async () => {
    const discord = await threats.platform();
    const ana = discord.person('Ana');
    const general = discord.guild('Acme', [ana]).channel('general');
    const gateway = await threats.gateway(discord, onlyFor(ana));
    for (const how of [
      { status: 200, code: 1, message: 'x' },
      { status: 204 },
      { status: 418 },
      { status: 302 },
    ])
      for (const route of [
        'POST /interactions',
        'PATCH /webhooks',
        'POST /channels',
        'POST /users',
        'GET /webhooks',
      ]) {
        discord.fail(route, how);
        void ana.types('/mcp', { command: 'help' }, general);
        void ana.says('@bot mcp help', general);
        await answerTo(ana, 'help');
      }
    await answerTo(ana, 'help', general);
    expect(gateway.log.join('')).not.toMatch(/"level":60|uncaught/i);
  });
});
