import { beforeEach, describe, expect, it } from 'vitest';
import type { TelegramGroup, TelegramPerson } from '../../helpers/telegram/face.js';
import { commands, heard, lastHeard, listed, quiet, type Stage, seen, useStages } from './stage.js';

const open = useStages();

const NOTE = 'I answer this only in private.';
const OPEN_CHAT = 'Open our chat';

let stage: Stage;
let team: TelegramGroup;
/** Has never pressed START, and has a client that shows no ephemeral messages. */
let nina: TelegramPerson;
beforeEach(async () => {
  stage = await open();
  nina = stage.api.person('Nina', { username: 'nina', client: 'old', started: false });
  team = stage.api.group('Team', [stage.ana, stage.ben, nina], { kind: 'supergroup' });
  await listed(stage);
});

/** Nina's command in the group, and the link of the note that answers it. */
async function noteFor(command: string): Promise<string> {
  const before = heard(stage.ben, team).length;
  await nina.type(command, { chat: team });
  await expect.poll(() => heard(stage.ben, team).length).toBeGreaterThan(before);
  return heard(stage.ben, team).at(-1)?.buttons[0]?.[0]?.url ?? '';
}

describe('where the bot may not write first, the group', () => {
  it('sees a note that says nothing, on the command that everybody saw', async () => {
    const url = await noteFor('/mcp auth linear');
    const note = await lastHeard(stage.ben, team);
    const [command] = stage.ben.messages(team);
    expect(note).toMatchObject({ text: NOTE, replyTo: command?.id, silent: true, linkPreview: false });
    expect(note.buttons).toEqual([[{ label: OPEN_CHAT, url }]]);
    expect(heard(nina, team)).toMatchObject([{ text: NOTE }]);
    expect(seen(nina)).toBe('');
  });

  it('learns nothing from its link: it is opaque, and another one each time', async () => {
    const first = await noteFor('/mcp auth linear');
    stage.clock.advance(10 * 60_000);
    const links = [first, await noteFor('/mcp auth linear')];
    for (const link of links) expect(link).toMatch(/^https:\/\/t\.me\/acme_mcp_bot\?start=mcp_r_[\w-]{22}$/);
    expect(new Set(links).size).toBe(2);
  });

  it('sees it once, however often the person tries, and no answer later', async () => {
    await noteFor('/mcp');
    await nina.type('/mcp auth', { chat: team });
    await nina.type('/mcp', { chat: team });
    await stage.gateway.invocation(3);
    await quiet(stage);
    expect(heard(stage.ben, team)).toHaveLength(1);
    expect(heard(stage.ben, team)[0]?.edited).toBe(false);
  });

  it('sees it where the person has blocked the bot, too', async () => {
    const { api, ben } = stage;
    const olga = api.person('Olga', { client: 'old' });
    team.join(olga);
    olga.block();
    await olga.type('/mcp', { chat: team });
    expect((await lastHeard(ben, team)).text).toBe(NOTE);
    olga.unblock();
    await olga.press(OPEN_CHAT, team);
    expect((await lastHeard(olga)).text).toContain('linear');
  });

  it('of an upgraded kind has the button all the same', async () => {
    const { api, ana } = stage;
    const small = api.group('Small', [ana, nina]);
    await nina.type('/mcp', { chat: small });
    expect((await lastHeard(ana, small)).buttons[0]?.[0]?.label).toBe(OPEN_CHAT);
  });
});

describe('the button of that note', () => {
  it('opens the private chat, and runs the same command there', async () => {
    await noteFor('/mcp auth linear');
    await nina.press(OPEN_CHAT, team);
    expect((await lastHeard(nina)).text).toContain('linear');
    expect(commands(stage)).toEqual([
      ['auth', 'linear'],
      ['auth', 'linear'],
    ]);
    expect(heard(stage.ben, team)).toMatchObject([{ text: NOTE }]);
    // From then on the bot may write there.
    await nina.type('/mcp', { chat: team });
    await expect.poll(() => heard(nina)).toHaveLength(2);
    expect(heard(stage.ben, team)).toHaveLength(1);
  });

  it('works once: after that it stands for /mcp', async () => {
    const link = await noteFor('/mcp auth linear');
    await nina.openLink(link);
    await nina.openLink(link);
    await expect.poll(() => commands(stage)).toEqual([['auth', 'linear'], ['auth', 'linear'], []]);
  });

  it('works once, also when it is tapped twice at the same time', async () => {
    const link = await noteFor('/mcp auth linear');
    stage.memory.takesMs = 50;
    await Promise.all([nina.openLink(link), nina.openLink(link)]);
    await expect.poll(() => commands(stage).length).toBe(3);
    expect(commands(stage).filter(({ length }) => length > 0)).toHaveLength(2);
  });

  it('works after a restart', async () => {
    const link = await noteFor('/mcp auth linear');
    await stage.restart();
    await nina.openLink(link);
    await expect.poll(() => commands(stage).at(-1)).toEqual(['auth', 'linear']);
  });

  it('stands for /mcp after a quarter of an hour', async () => {
    const link = await noteFor('/mcp auth linear');
    stage.clock.advance(15 * 60_000 + 1);
    await nina.openLink(link);
    expect((await lastHeard(nina)).text).toContain('MCP servers');
    expect(commands(stage)).toEqual([['auth', 'linear'], []]);
  });

  it('is refused for another account, and is still good for the one it is for', async () => {
    const { ben } = stage;
    const link = await noteFor('/mcp auth linear');
    await ben.openLink(link);
    expect((await lastHeard(ben)).text).toBe(
      'This link was made for somebody else. Type /mcp to see your own servers.',
    );
    expect(seen(ben)).not.toMatch(/linear|nina/i);
    await nina.openLink(link);
    await expect
      .poll(() => commands(stage))
      .toEqual([
        ['auth', 'linear'],
        ['auth', 'linear'],
      ]);
    expect(stage.gateway.invocations.every(({ actor }) => actor.userId === String(nina.id))).toBe(true);
  });

  it('is not the person’s own way in anybody else’s name: what it runs, runs as who tapped it', async () => {
    const link = await noteFor('/mcp logout linear');
    await nina.openLink(link);
    await stage.gateway.invocation(2);
    expect(stage.gateway.invocations[1]).toMatchObject({
      actor: { platform: 'telegram', userId: String(nina.id) },
      conversation: { place: { kind: 'private', chat: nina.id } },
    });
  });

  it('has an answer where the store is away', async () => {
    const link = await noteFor('/mcp auth linear');
    stage.memory.down = true;
    await nina.openLink(link);
    expect((await lastHeard(nina)).text).toMatch(/Try again/);
    stage.memory.down = false;
    await nina.openLink(link);
    await expect.poll(() => commands(stage).at(-1)).toEqual(['auth', 'linear']);
  });
});

describe('while the store is away, a person to whom the bot may not write first', () => {
  it('still sees the way into the private chat', async () => {
    stage.memory.down = true;
    const link = await noteFor('/mcp auth linear');
    expect(link).toMatch(/^https:\/\/t\.me\/acme_mcp_bot\?start=mcp_/);
    stage.memory.down = false;
    await nina.openLink(link);
    expect((await lastHeard(nina)).text).toContain('MCP servers');
    expect(commands(stage)).toEqual([['auth', 'linear'], []]);
  });
});

it('no id of a link is ever logged', async () => {
  const link = await noteFor('/mcp auth linear');
  await stage.ben.openLink(link);
  await nina.openLink(link);
  await lastHeard(nina);
  const id = link.split('mcp_r_')[1] ?? link;
  expect(stage.log.join('\n')).not.toContain(id);
});
