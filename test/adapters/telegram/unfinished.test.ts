import { beforeEach, describe, expect, it } from 'vitest';
import { reply } from '../../contracts/chat-adapter.js';
import type { TelegramGroup } from '../../helpers/telegram/face.js';
import { heard, lastHeard, listed, type Stage, slow, useStages } from './stage.js';

const open = useStages();
const INTERRUPTED = 'I was interrupted before I could answer. Type the command again.';

const never = () => new Promise<void>(() => {});

describe('a “Working…” that a process could not replace any more', () => {
  let stage: Stage;
  let chat: TelegramGroup;
  beforeEach(async () => {
    stage = await open();
    chat = stage.api.group('Team', [stage.ana, stage.ben], { kind: 'supergroup' });
    await listed(stage);
  });

  const said = (): string | undefined => heard(stage.ana, chat).at(-1)?.text;

  async function leaveUnfinished(): Promise<void> {
    stage.answer = never;
    await stage.ana.type('/mcp auth', { chat });
    await expect.poll(said).toBe('Working…');
    await expect.poll(() => stage.memory.names.join(' ')).toContain('working/');
  }

  it('says after the restart that it was interrupted, to that person alone', async () => {
    await leaveUnfinished();
    await stage.restart();
    await expect.poll(said).toBe(INTERRUPTED);
    expect(stage.ben.sees(chat)).toBe('');
    await expect.poll(() => stage.memory.names.join(' ')).not.toContain('working/');
  });

  it('is told when Telegram is there again, and not twice', async () => {
    await leaveUnfinished();
    stage.api.fail('editEphemeralMessageText', 'drop-before');
    await stage.restart();
    await expect.poll(said).toBe(INTERRUPTED);
    await expect.poll(() => stage.memory.names.join(' ')).not.toContain('working/');
    const { length } = stage.api.callsOf('editEphemeralMessageText');
    await stage.restart();
    await stage.ana.type('/mcp');
    expect(stage.api.callsOf('editEphemeralMessageText')).toHaveLength(length);
  });

  it('because Telegram would not take the answer stays noted, and says after the restart that it was interrupted', async () => {
    const finish = slow(stage);
    await stage.ana.type('/mcp auth', { chat });
    await expect.poll(() => stage.memory.names.join(' ')).toContain('working/');
    const silence = { errorCode: 429, description: 'Too Many Requests', parameters: { retry_after: 60 } };
    stage.api.fail('editEphemeralMessageText', silence);
    // The answer and its apology, in the group and in the private chat.
    stage.api.fail('deleteEphemeralMessage', silence, 2);
    stage.api.fail('sendMessage', silence);
    finish();
    await expect.poll(() => stage.log.join('')).toContain('an apology could not be delivered');
    expect(said()).toBe('Working…');
    await stage.restart();
    await expect.poll(said).toBe(INTERRUPTED);
    await expect.poll(() => stage.memory.names.join(' ')).not.toContain('working/');
  });

  it('because Telegram refuses its edit is taken away, and the answer is a new message', async () => {
    const finish = slow(stage);
    await stage.ana.type('/mcp auth', { chat });
    await expect.poll(said).toBe('Working…');
    stage.api.fail('editEphemeralMessageText', { errorCode: 400, description: 'Bad Request: not this way' });
    finish();
    await expect.poll(said).toContain('MCP servers');
    expect(heard(stage.ana, chat)).toHaveLength(1);
    await expect.poll(() => stage.memory.names.join(' ')).not.toContain('working/');
  });

  it('is forgotten once its answer stands in its place: a restart leaves that alone', async () => {
    const finish = slow(stage);
    await stage.ana.type('/mcp', { chat });
    await expect.poll(() => stage.memory.names.join(' ')).toContain('working/');
    finish();
    await expect.poll(said).toContain('MCP servers');
    await expect.poll(() => stage.memory.names.join(' ')).not.toContain('working/');
    await stage.restart();
    await expect.poll(() => stage.api.callsOf('getMe').length).toBe(2);
    expect(said()).toContain('MCP servers');
  });
});

describe.each(['the private chat', 'a group'])(
  'a pressed message in %s, whose buttons were taken away meanwhile',
  (where) => {
    const LABELS = ['Sign in · linear', 'Refresh'];
    let stage: Stage;
    let chat: TelegramGroup | undefined;
    beforeEach(async () => {
      stage = await open();
      chat = where === 'a group' ? stage.api.group('Team', [stage.ana, stage.ben]) : undefined;
      await listed(stage);
      await stage.ana.type('/mcp', chat && { chat });
      await lastHeard(stage.ana, chat);
    });

    const shown = () => heard(stage.ana, chat).map(({ buttons }) => buttons.flat().map(({ label }) => label));
    const records = () => stage.memory.names.filter((name) => name.includes('working/'));

    async function pressed(answer: Stage['answer']): Promise<void> {
      stage.answer = answer;
      await stage.ana.press('Refresh', chat);
      await expect.poll(shown).toEqual([[]]);
      await expect.poll(records).toHaveLength(1);
    }

    it('has them again after its process was killed: each does what it did', async () => {
      const before = heard(stage.ana, chat).map(({ buttons }) => buttons);
      await pressed(never);
      await stage.restart();
      await expect.poll(shown).toEqual([LABELS]);
      expect(heard(stage.ana, chat).map(({ buttons }) => buttons)).toEqual(before);
      await expect.poll(records).toEqual([]);
      stage.answer = (invocation) => stage.say(invocation, reply('Nothing has changed'));
      await stage.ana.press('Refresh', chat);
      await expect.poll(() => heard(stage.ana, chat).at(-1)?.text).toBe('Nothing has changed');
    });

    it('has them again where the command came to nothing', async () => {
      let finish = (): void => undefined;
      await pressed(
        () =>
          new Promise<void>((resolve) => {
            finish = resolve;
          }),
      );
      finish();
      await expect.poll(shown).toEqual([LABELS]);
      await expect.poll(records).toEqual([]);
    });

    it('has those of its answer, and nothing stays noted', async () => {
      const answer = reply('Servers', { actions: [{ kind: 'command', label: 'Help', words: ['help'] }] });
      let finish = (): void => undefined;
      await pressed(async (invocation) => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        await stage.say(invocation, answer);
      });
      finish();
      await expect.poll(shown).toEqual([['Help']]);
      await expect.poll(records).toEqual([]);
    });
  },
);
