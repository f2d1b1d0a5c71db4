import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clock } from '../../helpers/clock.js';
import { callApi } from '../../helpers/slack/api-call.js';
import { type Answer, openRawApp, type RawApp } from '../../helpers/slack/raw-app.js';
import {
  type Slack,
  type SlackOptions,
  type SlackPerson,
  type SlackWorkspace,
  startSlack,
} from '../../helpers/slack/slack.js';

let slack: Slack;
let acme: SlackWorkspace;
let ana: SlackPerson;
let app: RawApp;
let clock: Clock;
let answers: Answer[];

async function start(options: SlackOptions = {}): Promise<void> {
  slack = await startSlack({ now: clock.now, ...options });
  acme = slack.workspace('Acme');
  ana = acme.person('Ana');
  app = await openRawApp(slack, ({ type }) => (type === 'view_submission' ? answers.shift() : undefined));
}
beforeEach(async () => {
  clock = new Clock();
  answers = [];
  await start();
});
afterEach(async () => {
  app.close();
  await slack.close();
});

const plain = (text: string) => ({ type: 'plain_text', text });
const input = (block_id: string, more: object = {}) => ({
  type: 'input',
  block_id,
  label: plain(`Label ${block_id}`),
  element: { type: 'plain_text_input', action_id: 'value' },
  ...more,
});
const modal = (more: object = {}) => ({
  type: 'modal',
  title: plain('Key'),
  submit: plain('Save'),
  blocks: [input('key')],
  ...more,
});
const call = (method: string, args: object) => callApi(slack, acme.botToken, method, args);
const refusal = (error: string) => expect.objectContaining({ ok: false, error });

async function trigger(): Promise<string> {
  await ana.types('/mcp');
  return String(app.last.trigger_id);
}

const open = async (view: object = modal()) => call('views.open', { trigger_id: await trigger(), view });

describe('a trigger', () => {
  it('opens one modal', async () => {
    const trigger_id = await trigger();
    expect(await call('views.open', { trigger_id, view: modal() })).toMatchObject({
      ok: true,
      view: { type: 'modal' },
    });
    expect(await call('views.open', { trigger_id, view: modal() })).toEqual(refusal('exchanged_trigger_id'));
    expect(ana.modal).toMatchObject({
      title: 'Key',
      submit: 'Save',
      inputs: [{ label: 'Label key', value: '' }],
    });
  });

  it('expires, and cannot be made up', async () => {
    const trigger_id = await trigger();
    clock.advance(10_001);
    expect(await call('views.open', { trigger_id, view: modal() })).toEqual(refusal('expired_trigger_id'));
    expect(await call('views.open', { trigger_id: '1.2.x', view: modal() })).toEqual(
      refusal('invalid_trigger_id'),
    );
    const other = slack.workspace('Other');
    const stolen = { trigger_id: await trigger(), view: modal() };
    expect(await callApi(slack, other.botToken, 'views.open', stolen)).toEqual(refusal('invalid_trigger_id'));
  });
});

const BEYOND: readonly (readonly [string, object])[] = [
  ['a title of 25 characters', { title: plain('x'.repeat(25)) }],
  ['a submit of 25 characters', { submit: plain('x'.repeat(25)) }],
  ['a close of 25 characters', { close: plain('x'.repeat(25)) }],
  ['a title in mrkdwn', { title: { type: 'mrkdwn', text: 'x' } }],
  ['private_metadata of 3001 characters', { private_metadata: 'x'.repeat(3001) }],
  ['a callback_id of 256 characters', { callback_id: 'x'.repeat(256) }],
  ['101 blocks', { blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) }],
  ['a label of 2001 characters', { blocks: [input('key', { label: plain('x'.repeat(2001)) })] }],
  [
    'a placeholder of 151 characters',
    {
      blocks: [
        input('key', {
          element: { type: 'plain_text_input', action_id: 'a', placeholder: plain('x'.repeat(151)) },
        }),
      ],
    },
  ],
  ['two blocks with one id', { blocks: [input('key'), input('key')] }],
  ['inputs without a submit', { submit: undefined }],
  ['a table', { blocks: [{ type: 'table', rows: [[{ type: 'raw_text', text: 'x' }]] }] }],
  ['unknown properties', { colour: 'red' }],
];

describe('a modal', () => {
  it.each(BEYOND)('is refused with %s', async (_, more) => {
    expect(await open(modal(more))).toEqual(refusal('invalid_arguments'));
    expect(ana.modal).toBeUndefined();
  });

  it('sends what was typed, with what it was opened with', async () => {
    await open(modal({ callback_id: 'form', private_metadata: 'auth weather' }));
    expect(await ana.submits({ 'Label key': 'sk-1' })).toEqual({ kind: 'closed' });
    expect(app.last).toMatchObject({
      type: 'view_submission',
      user: { id: ana.id, team_id: acme.id },
      view: {
        callback_id: 'form',
        private_metadata: 'auth weather',
        app_installed_team_id: acme.id,
        state: { values: { key: { value: { type: 'plain_text_input', value: 'sk-1' } } } },
      },
    });
    expect(ana.modal).toBeUndefined();
  });

  it('is not sent with an empty field, unless that may be empty', async () => {
    await open(modal({ blocks: [input('key'), input('note', { optional: true })] }));
    expect(await ana.submits({})).toMatchObject({
      kind: 'errors',
      errors: { 'Label key': expect.any(String) },
    });
    expect(slack.deliveries.filter(({ kind }) => kind === 'interactive')).toEqual([]);
    expect(await ana.submits({ key: 'x' })).toEqual({ kind: 'closed' });
    await expect(open().then(() => ana.submits({ nosuch: 'x' }))).rejects.toThrow('no field "nosuch"');
  });

  it('stays with errors in their place', async () => {
    await open();
    answers = [{ response_action: 'errors', errors: { key: 'no' } }, undefined];
    expect(await ana.submits({ key: 'x' })).toEqual({ kind: 'errors', errors: { 'Label key': 'no' } });
    expect(ana.modal?.inputs).toMatchObject([{ value: 'x', error: 'no' }]);
    expect(await ana.submits({ key: 'y' })).toEqual({ kind: 'closed' });
  });

  it('is updated, pushed upon, and cleared', async () => {
    await open();
    answers = [
      { response_action: 'update', view: modal({ title: plain('Two') }) },
      { response_action: 'push', view: modal({ title: plain('Three') }) },
      { response_action: 'clear' },
    ];
    expect(await ana.submits({ key: 'x' })).toMatchObject({ kind: 'view', modal: { title: 'Two' } });
    expect(await ana.submits({ key: 'x' })).toMatchObject({ kind: 'view', modal: { title: 'Three' } });
    expect(await ana.submits({ key: 'x' })).toEqual({ kind: 'closed' });
    expect(ana.modal).toBeUndefined();
  });

  it('has trouble with answers that mean nothing', async () => {
    await open();
    answers = [
      { response_action: 'errors', errors: { other: 'x' } },
      { response_action: 'errors' },
      { response_action: 'dance' },
      { response_action: 'update', view: {} },
    ];
    for (const _ of answers.slice())
      expect(await ana.submits({ key: 'x' })).toMatchObject({ kind: 'failed' });
    expect(ana.modal).toBeDefined();
  });

  it('has trouble with no answer', async () => {
    app.close();
    await slack.close();
    await start({ ackWithinMs: 100 });
    await open();
    answers = ['silent'];
    expect(await ana.submits({ key: 'x' })).toMatchObject({ kind: 'failed' });
  });

  it('can be submitted twice before the first answer', async () => {
    await open();
    await ana.submitsTwice({ key: 'x' });
    expect(slack.deliveries.filter(({ payload }) => payload.type === 'view_submission')).toHaveLength(2);
  });

  it('tells that it was closed where it was asked to', async () => {
    await open();
    await ana.closesModal();
    expect(app.last.type).toBeUndefined();
    await open(modal({ notify_on_close: true }));
    await ana.closesModal();
    expect(app.last).toMatchObject({ type: 'view_closed', is_cleared: false });
  });

  it('is replaced by views.update while it is open, unless that knows an older one', async () => {
    const { view } = await open(modal({ external_id: 'mine' }));
    const { id, hash } = view as { readonly id: string; readonly hash: string };
    const update = (args: object) => call('views.update', { view: modal({ title: plain('New') }), ...args });
    expect(await update({ view_id: id, hash })).toMatchObject({ ok: true });
    expect(await update({ view_id: id, hash })).toEqual(refusal('hash_conflict'));
    expect(ana.modal?.title).toBe('New');
    expect(await update({ view_id: 'V0' })).toEqual(refusal('not_found'));
    await ana.closesModal();
    expect(await update({ view_id: id })).toEqual(refusal('not_found'));
  });

  it('has buttons of its own, from which more views can be pushed, three in all', async () => {
    const more = { type: 'button', text: plain('More'), action_id: 'more' };
    const blocks = [{ type: 'actions', elements: [more] }];
    await open(modal({ blocks }));
    for (const outcome of [{ ok: true }, { ok: true }, refusal('push_limit_reached')]) {
      await ana.presses('More');
      const { trigger_id } = app.last;
      expect(await call('views.push', { trigger_id, view: modal({ blocks }) })).toMatchObject(outcome);
    }
    expect(app.last).toMatchObject({ container: { type: 'view' }, view: { type: 'modal' } });
  });
});
