import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import { callApi } from '../helpers/slack/api-call.js';
import type { ShownMessage, SlackPerson, SlackWorkspace, Where } from '../helpers/slack/face.js';
import type { Slack } from '../helpers/slack/slack.js';
import { digitsOn } from './pages.js';
import {
  answerTo,
  askedFor,
  asPressed,
  configuredKey,
  heard,
  linkIn,
  NOT_YOURS,
  newest,
  onlyFor,
  publicCalls,
  untilSees,
  useSlack,
} from './slack-scene.js';

const slacks = useSlack();
const NOTHING_WAITS = 'No sign-in of yours waits for a code';

interface Two {
  readonly slack: Slack;
  readonly acme: SlackWorkspace;
  readonly ana: SlackPerson;
  /** May use the gateway too, and wants what is Ana's. */
  readonly mallory: SlackPerson;
  readonly here: Where;
  readonly gateway: RunningGateway;
}

async function two(words: object = {}): Promise<Two> {
  const slack = await slacks.platform();
  const acme = slack.workspace('Acme');
  const [ana, mallory] = [acme.person('Ana'), acme.person('Mallory')];
  const here = { channel: acme.channel('team', [ana, mallory]) };
  const gateway = await slacks.gateway(slack, [acme], { ...onlyFor(ana, mallory), ...words });
  return { slack, acme, ana, mallory, here, gateway };
}

/** All that a button of this gateway could say, and some that none does. */
const FORGED = [
  ['cancel'],
  ['cancel', 'files'],
  ['logout', 'files', 'yes'],
  ['confirm', '000000'],
  ['auth', 'files'],
  [],
].map((words) => JSON.stringify({ words }));

const refusals = (slack: Slack): number =>
  slack.callsOf('response_url').filter(({ params }) => params.text === NOT_YOURS).length;

describe('threat 11: Mallory presses a button of Ana’s, by an action that she made up', () => {
  it.each(['in a DM', 'in the channel'])('on her message %s: refused, to Mallory alone', async (place) => {
    const { slack, ana, mallory, here } = await two();
    const where = place === 'in a DM' ? undefined : here;
    const asked = await askedFor(ana, '/mcp auth files', where);
    const before = ana.seesAnywhere();
    const [held] = asked.buttons;
    const actions = [
      ...asked.buttons.map(asPressed),
      ...FORGED.map((value) => ({ action_id: held?.actionId, block_id: held?.blockId, value })),
    ];
    for (const [at, action] of actions.entries()) {
      expect(await mallory.forgesPress(asked, action)).toMatchObject({ acknowledged: true });
      await expect.poll(() => refusals(slack)).toBe(at + 1);
    }
    expect(ana.seesAnywhere()).toBe(before);
    // Into Ana's DM nobody can press; if somebody could, they would hear nothing there, and she neither.
    const told = place === 'in a DM' ? [] : actions.map(() => [NOT_YOURS, true]);
    expect(heard(mallory, here).map(({ text, ephemeral }) => [text, ephemeral])).toEqual(told);
    expect(heard(mallory)).toEqual([]);
    expect(publicCalls(slack)).toEqual([]);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
  });

  it('with her own name in it, or that of nobody, or none: it is what she could have typed, and hers alone', async () => {
    const { ana, mallory, acme, here } = await two();
    const asked = await askedFor(ana, '/mcp auth files', here);
    const before = ana.seesAnywhere();
    const blockId = asked.buttons[0]?.blockId ?? '';
    const owners = [`${acme.id}/${mallory.id}`, `${acme.id}/U0NOBODY`, `T0NOBODY/${ana.id}`, '', 'x'];
    for (const owner of owners)
      for (const value of FORGED) {
        const block_id = blockId.replace(/[A-Z0-9]+\/[A-Z0-9]+/, owner);
        await mallory.forgesPress(asked, { action_id: 'mcp:1', block_id, value });
      }
    await answerTo(mallory, '/mcp help', here);
    expect(ana.seesAnywhere()).toBe(before);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    expect(mallory.seesAnywhere()).not.toContain('files connected');
    await answerTo(mallory, '/mcp status files', here);
    expect(newest(mallory, here).text).toContain('sign-in needed');
  });

  it('on Ana’s whisper with what edits her own: Ana’s message stays as it is', async () => {
    const { ana, mallory, acme, here } = await two();
    const asked = await askedFor(ana, '/mcp auth files', here);
    const own = await askedFor(mallory, '/mcp auth files', here);
    const before = newest(ana, here);
    const block_id = (asked.buttons[0]?.blockId ?? '').replace(
      /[A-Z0-9]+\/[A-Z0-9]+/,
      `${acme.id}/${mallory.id}`,
    );
    // Gives a response_url of Mallory's own, for an id that is Ana's.
    await mallory.forgesPress(own, { action_id: 'mcp:1', block_id, url: linkIn(asked) });
    await mallory.forgesPress(own, {
      action_id: 'mcp:1',
      block_id,
      value: JSON.stringify({ words: ['help'] }),
    });
    await untilSees(mallory, 'What you can do', here);
    expect(newest(ana, here)).toEqual(before);
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    expect(mallory.seesAnywhere()).not.toContain('files connected');
  });

  it('on a message that another app, or she, posted for all with buttons that look like ours', async () => {
    const { slack, acme, ana, mallory, here } = await two();
    const asked = await askedFor(ana, '/mcp auth files', here);
    const [button] = asked.buttons;
    const value = JSON.stringify({ words: ['logout', 'files', 'yes'] });
    const elements = [
      { type: 'button', action_id: 'mcp:1', text: { type: 'plain_text', text: 'Win a prize' }, value },
    ];
    const blockIds = [
      button?.blockId ?? '',
      `mcp:${'A'.repeat(16)}:${acme.id}/${ana.id}:1`,
      `mcp:${'A'.repeat(16)}:${acme.id}/${mallory.id}:1`,
    ];
    await signIn(linkIn(asked));
    await untilSees(ana, 'files connected');
    for (const block_id of blockIds) {
      const blocks = [{ type: 'actions', block_id, elements }];
      await callApi(slack, acme.botToken, 'chat.postMessage', {
        channel: here.channel?.id,
        text: 'x',
        blocks,
      });
      await ana.presses('Win a prize', here);
      await mallory.presses('Win a prize', here);
    }
    await expect.poll(() => refusals(slack)).toBe(2 * blockIds.length);
    expect(publicCalls(slack)).toHaveLength(blockIds.length);
    await answerTo(ana, '/mcp status files', here);
    expect(newest(ana, here).text).toContain('connected');
    expect(ana.seesAnywhere()).not.toContain('Signed out');
  });
});

describe('threat 11: Mallory completes, confirms or cancels a sign-in of Ana’s', () => {
  it('her /mcp cancel and /mcp confirm, typed or by a form, are about her own', async () => {
    const { ana, mallory, here } = await two({ security: { confirm: 'always' } });
    const asked = await askedFor(ana, '/mcp auth files', here);
    await ana.presses('Sign in', here);
    const { location, cookies } = await pressConnect(linkIn(asked));
    const digits = digitsOn((await comeBack(await consent(location), cookies)).text);
    await untilSees(ana, 'one step left', here);
    await answerTo(mallory, '/mcp cancel files', here);
    for (const text of [`/mcp confirm ${digits}`, '@acmemcp mcp confirm 000000', `/mcp confirm ${digits}`])
      expect((await answerTo(mallory, text, here)).text).toContain(NOTHING_WAITS);
    const [enter] = newest(ana, here).buttons;
    const pressed = await mallory.forgesPress(newest(ana, here), enter === undefined ? {} : asPressed(enter));
    expect(pressed.modal).toBeUndefined();
    expect(ana.seesAnywhere()).toContain('one step left');
    await ana.fills('Enter code', { 'Six digits': digits }, here);
    await untilSees(ana, 'files connected', here);
  });

  it('a form that Ana opened is submitted by somebody else, or for another message: nothing happens', async () => {
    const notes = await slacks.keyServer();
    const { slack, ana, mallory, here } = await two({ mcp_servers: { notes: configuredKey(notes) } });
    await answerTo(ana, '/mcp auth notes', here);
    await ana.presses('Add key', here);
    await expect.poll(() => ana.modal).toBeDefined();
    await ana.submits({ NOTES_KEY: 'key-that-is-not-the-one' });
    await untilSees(ana, 'did not accept this key', here);
    const genuine = slack.deliveries.findLast(({ payload }) => payload.type === 'view_submission');
    if (genuine === undefined) throw new Error('no form came');
    const { shown } = notes;
    const tried = shown.length;
    const view = genuine.payload.view as { readonly id: string; readonly private_metadata: string };
    const metadata = JSON.parse(view.private_metadata);
    const forgeries: readonly object[] = [
      { ...genuine.payload, user: { id: mallory.id, team_id: mallory.workspace.id } },
      { ...genuine.payload, user: { id: ana.id } },
      { ...genuine.payload, user: undefined },
      { ...genuine.payload, view: { ...view, id: 'V0NEW1', private_metadata: '{}' } },
      { ...genuine.payload, view: { ...view, id: 'V0NEW2', private_metadata: 'no JSON' } },
      {
        ...genuine.payload,
        view: {
          ...view,
          id: 'V0NEW3',
          private_metadata: JSON.stringify({
            ...metadata,
            message: { ...metadata.message, owner: `${mallory.workspace.id}/${mallory.id}` },
          }),
        },
      },
      genuine.payload,
    ];
    for (const payload of forgeries)
      await slack.redeliver({ ...genuine, payload: payload as Readonly<Record<string, unknown>> });
    await answerTo(mallory, '/mcp help', here);
    expect(notes.shown.length).toBe(tried);
    expect(heard(mallory, here)).toHaveLength(1);
  });
});

describe('threat 11: buttons that are used, or old', () => {
  it('go where their message says what came of it, and those that a client still shows do no harm', async () => {
    const { ana, here } = await two();
    const asked = await askedFor(ana, '/mcp auth files', here);
    const cancel = asked.buttons.find(({ label }) => label === 'Cancel');
    await ana.presses('Cancel', here);
    await untilSees(ana, 'files: cancelled', here);
    const now = (): ShownMessage | undefined => ana.messages(here).find(({ ts }) => ts === asked.ts);
    expect(now()?.buttons).toEqual([]);
    await ana.forgesPress(asked, cancel === undefined ? {} : asPressed(cancel));
    await answerTo(ana, '/mcp help', here);
    expect(ana.seesAnywhere()).not.toContain('Something went wrong');
  });

  it('say that they have expired where what they stood for is forgotten', async () => {
    const { ana, here } = await two();
    const asked = await askedFor(ana, '/mcp auth files', here);
    const block_id = asked.buttons[0]?.blockId;
    await ana.forgesPress(asked, { action_id: 'mcp:1', block_id, value: `#${'A'.repeat(22)}` });
    await untilSees(ana, 'This button has expired. Type /mcp for a new one.', here);
  });
});
