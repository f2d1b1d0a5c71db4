import { describe, expect, it } from 'vitest';
import type { Reply } from '../../../src/gateway/types.js';
import { reply } from '../../contracts/chat-adapter.js';
import { calls, commands, heard, lastHeard, quiet, SERVERS, type Stage, slow, useStages } from './stage.js';

const stage = useStages();
const KEY = 'ghp_unseen_4711';

const CODE: Reply = reply('linear: one step left', {
  actions: [
    {
      kind: 'form',
      label: 'Enter code',
      title: 'The six digits that the page shows',
      words: ['confirm'],
      fields: [{ name: 'digits', label: 'Six digits', secret: false, hint: '482 913', digits: 6 }],
    },
  ],
});

/** Ana has a message with a form before her. */
async function shown(scene: Stage, said: Reply = SERVERS, where = {}): Promise<void> {
  scene.answer = (invocation) => scene.say(invocation, said);
  await scene.ana.types('/mcp', where);
  await lastHeard(scene.ana, where);
}

describe('a form', () => {
  it('opens at once, and says that what is typed can be seen', async () => {
    const scene = await stage();
    await shown(scene);
    await scene.ana.presses('Add key');
    await expect.poll(() => scene.ana.modal).toMatchObject({ title: 'Key for github', submit: 'Submit' });
    expect(scene.ana.modal?.inputs[0]).toMatchObject({ label: 'GITHUB_TOKEN', value: '', optional: false });
    expect(scene.ana.modal?.inputs[0]?.hint).toMatch(/while you type/);
    expect(calls(scene).at(-1)).toBe('views.open');
  });

  it('that is submitted is its command with the fields, on the message whose button opened it', async () => {
    const scene = await stage();
    const { ana, team, gateway } = scene;
    await shown(scene, SERVERS, { channel: team });
    scene.answer = (invocation) => scene.say(invocation, reply('github connected'));
    expect(await ana.fills('Add key', { GITHUB_TOKEN: ` ${KEY} ` })).toEqual({ kind: 'closed' });
    const invocation = await gateway.invocation(2);
    expect(invocation).toMatchObject({ words: ['auth', 'github'], fields: { GITHUB_TOKEN: KEY } });
    await expect.poll(() => ana.sees({ channel: team })).toContain('github connected');
    expect(heard(ana, { channel: team })).toHaveLength(1);
  });

  it('that is submitted before it is written down what can edit the message edits that message all the same', async () => {
    const scene = await stage();
    const { ana, team } = scene;
    await shown(scene, SERVERS, { channel: team });
    scene.memory.writesTakeMs = 300;
    scene.answer = (invocation) => scene.say(invocation, reply('github connected'));
    expect(await ana.fills('Add key', { GITHUB_TOKEN: KEY })).toEqual({ kind: 'closed' });
    await expect.poll(() => ana.sees({ channel: team })).toContain('github connected');
    expect(heard(ana, { channel: team })).toHaveLength(1);
  });

  it('in the DM edits the message there, also after a restart in between', async () => {
    const scene = await stage();
    await shown(scene);
    await scene.ana.presses('Add key');
    await expect.poll(() => scene.ana.modal).toBeDefined();
    await scene.restart();
    scene.answer = (invocation) => scene.say(invocation, reply('github connected'));
    expect(await scene.ana.submits({ GITHUB_TOKEN: KEY })).toEqual({ kind: 'closed' });
    await expect.poll(() => scene.ana.sees()).toContain('github connected');
    expect(heard(scene.ana)).toHaveLength(1);
  });

  it('counts once though it is submitted twice', async () => {
    const scene = await stage();
    await shown(scene);
    await scene.ana.presses('Add key');
    await expect.poll(() => scene.ana.modal).toBeDefined();
    await scene.ana.submitsTwice({ GITHUB_TOKEN: KEY });
    await quiet(scene);
    expect(commands(scene)).toEqual([[], ['auth', 'github']]);
  });

  it.each(['48291', '4829134', 'abcdef', '48291x'])(
    'says in place what is wrong with a code: %s',
    async (digits) => {
      const scene = await stage();
      await shown(scene, CODE);
      expect(await scene.ana.fills('Enter code', { 'Six digits': digits })).toEqual({
        kind: 'errors',
        errors: { 'Six digits': 'It has 6 digits.' },
      });
      expect(await scene.ana.submits({ 'Six digits': '482 913' })).toEqual({ kind: 'closed' });
      expect((await scene.gateway.invocation(2)).fields).toEqual({ digits: '482 913' });
      await quiet(scene);
      expect(commands(scene)).toEqual([[], ['confirm']]);
    },
  );

  it('says in place that white space is no answer', async () => {
    const scene = await stage();
    await shown(scene);
    expect(await scene.ana.fills('Add key', { GITHUB_TOKEN: '   ' })).toEqual({
      kind: 'errors',
      errors: { GITHUB_TOKEN: 'Fill this in.' },
    });
  });

  it('with a title too long for Slack is named after its button', async () => {
    const scene = await stage();
    await shown(scene, CODE);
    await scene.ana.presses('Enter code');
    await expect.poll(() => scene.ana.modal?.title).toBe('Enter code');
    expect(scene.ana.modal?.text).toContain('The six digits that the page shows');
    expect(scene.ana.modal?.inputs[0]?.placeholder).toBe('482 913');
  });

  it('that is too large for a button is remembered', async () => {
    const scene = await stage();
    const fields = Array.from({ length: 30 }, (_, at) => ({
      name: `KEY_${at}`,
      label: `Key number ${at} of this server`,
      secret: true,
    }));
    await shown(
      scene,
      reply('Many keys', {
        actions: [{ kind: 'form', label: 'Add keys', title: 'Keys', words: ['auth', 'many'], fields }],
      }),
    );
    await scene.ana.presses('Add keys');
    await expect.poll(() => scene.ana.modal?.inputs.length).toBe(30);
  });

  it('whose three seconds are over asks to press again, privately', async () => {
    const scene = await stage({ platform: { triggerLifeMs: 1000 } });
    await shown(scene, SERVERS, { channel: scene.team });
    scene.slack.fail('views.open', { error: 'expired_trigger_id' });
    await scene.ana.presses('Add key', { channel: scene.team });
    await expect
      .poll(() => scene.ana.sees({ channel: scene.team }))
      .toContain('That took too long. Press it again.');
    expect(heard(scene.ben, { channel: scene.team })).toEqual([]);
  });

  it('is not asked of somebody who may run nothing: their command is refused instead', async () => {
    const scene = await stage();
    await shown(scene);
    scene.gateway.complete = async () => [];
    await scene.ana.presses('Add key');
    expect((await scene.gateway.invocation(2)).words).toEqual(['auth', 'github']);
    expect((await scene.gateway.invocation(2)).fields).toBeUndefined();
    expect(scene.ana.modal).toBeUndefined();
  });

  it('that cannot be acted on just now says so privately, and nothing runs', async () => {
    const scene = await stage({ workspace: { enterpriseId: 'E0ACME' } });
    const east = scene.slack.workspace('East', { enterpriseId: 'E0ACME', installed: false });
    const eve = east.person('Eve');
    scene.acme.admit(eve);
    const here = { channel: scene.acme.channel('both', [scene.ana, eve]) };
    await eve.types('@acmemcp mcp', here);
    await lastHeard(eve, here);
    await eve.presses('Add key', here);
    await expect.poll(() => eve.modal).toBeDefined();
    // By then it is not known any more to whom she belongs.
    scene.clock.advance(3_600_001);
    scene.slack.fail('users.info', { status: 500 });
    expect(await eve.submits({ GITHUB_TOKEN: KEY })).toEqual({ kind: 'closed' });
    expect((await lastHeard(eve, here, 2)).text).toMatch(/^That did not work just now/);
    expect(heard(scene.ana, here)).toEqual([]);
    expect(commands(scene)).toEqual([[]]);
  });

  it('that comes while too much of one person’s is under way stays open, and says so', async () => {
    const scene = await stage();
    await shown(scene);
    await scene.ana.presses('Add key');
    await expect.poll(() => scene.ana.modal).toBeDefined();
    const finish = slow(scene);
    for (let nth = 0; nth < 20; nth += 1) await scene.ana.types(`mcp test ${nth}`);
    await scene.gateway.invocation(21);
    expect(await scene.ana.submits({ GITHUB_TOKEN: KEY })).toEqual({
      kind: 'errors',
      errors: { GITHUB_TOKEN: 'That did not work just now. Try again in a moment.' },
    });
    finish();
    await lastHeard(scene.ana, undefined, 21);
    await expect.poll(() => scene.ana.submits({ GITHUB_TOKEN: KEY })).toEqual({ kind: 'closed' });
    await expect.poll(() => commands(scene).at(-1)).toEqual(['auth', 'github']);
  });

  it('leaves no trace of what was typed in the log', async () => {
    const scene = await stage();
    await shown(scene);
    await scene.ana.fills('Add key', { GITHUB_TOKEN: KEY });
    await scene.gateway.invocation(2);
    expect(scene.log.join('\n')).not.toContain(KEY);
  });
});
