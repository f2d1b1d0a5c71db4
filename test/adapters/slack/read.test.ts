import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../src/adapters/slack/incoming/read.js';

const NOBODY = { has: () => false };
const BOTS = { has: (id: string) => id === 'U0BOT' };
const read = (payload: unknown) => readPayload(payload, BOTS);

/** As Slack sends them (docs.slack.dev), ids changed. */
const COMMAND = {
  token: 'gIkuvaNzQIHg97ATvDxqgjtO',
  team_id: 'T0001',
  team_domain: 'example',
  enterprise_id: 'E0001',
  enterprise_name: 'Globular Construct Inc',
  channel_id: 'C2147483705',
  channel_name: 'test',
  user_id: 'U2147483697',
  user_name: 'steve',
  command: '/mcp',
  text: 'auth linear',
  response_url: 'https://hooks.slack.com/commands/1234/5678',
  trigger_id: '13345224609.738474920.8088930838d88f008e0',
  api_app_id: 'A123456',
  is_enterprise_install: 'false',
};

const MENTION = {
  token: 'ZZZZZZWSxiZZZ2yIvs3peJ',
  team_id: 'T061EG9R6',
  api_app_id: 'A0MDYCDME',
  event: {
    type: 'app_mention',
    user: 'U061F7AUR',
    text: '<@U0LAN0Z89> mcp auth linear',
    ts: '1515449522.000016',
    team: 'T061EG9R6',
    channel: 'C123ABC456',
    event_ts: '1515449522000016',
  },
  type: 'event_callback',
  event_id: 'Ev0MDYHUEL',
  event_time: 1515449522000016,
  authorizations: [
    {
      enterprise_id: null,
      team_id: 'T061EG9R6',
      user_id: 'U0LAN0Z89',
      is_bot: true,
      is_enterprise_install: false,
    },
  ],
  is_ext_shared_channel: false,
};

const DIRECT = {
  ...MENTION,
  event: {
    type: 'message',
    channel: 'D024BE91L',
    user: 'U061F7AUR',
    team: 'T061EG9R6',
    text: 'mcp status',
    ts: '1355517523.000005',
    event_ts: '1355517523.000005',
    channel_type: 'im',
  },
};

const BLOCK = 'mcp:abcdefghijklmnop:T0001/U061F7AUR:3';
const PRESS = {
  type: 'block_actions',
  team: { id: 'T0001', domain: 'example' },
  user: { id: 'U061F7AUR', username: 'jbloggs', name: 'jbloggs', team_id: 'T0001' },
  api_app_id: 'A123456',
  token: '9s8d9as89d8as9d8as989',
  container: { type: 'message', message_ts: '1548261231.000200', channel_id: 'C123', is_ephemeral: true },
  trigger_id: '12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3',
  channel: { id: 'C123', name: 'review-updates' },
  enterprise: null,
  is_enterprise_install: false,
  response_url: 'https://hooks.slack.com/actions/AABA1ABCD/1232321423432/D09sSasdasdAS9091209',
  actions: [
    {
      action_id: 'mcp:2',
      block_id: BLOCK,
      text: { type: 'plain_text', text: 'Try again', emoji: true },
      value: '{"words":["auth","linear"]}',
      type: 'button',
      action_ts: '1548426417.840180',
    },
  ],
};

const SUBMISSION = {
  type: 'view_submission',
  team: { id: 'T0002', domain: 'other' },
  user: { id: 'U061F7AUR', username: 'jbloggs', name: 'jbloggs', team_id: 'T0002' },
  view: {
    id: 'VNHU13V36',
    type: 'modal',
    callback_id: 'mcp:form',
    private_metadata: '{"words":["auth","github"]}',
    state: {
      values: {
        'mcp:field:0': { answer: { type: 'plain_text_input', value: 'ghp_unseen' } },
        'mcp:field:1': { answer: { value: null } },
      },
    },
    app_installed_team_id: 'T0001',
  },
  enterprise: null,
  is_enterprise_install: false,
};

describe('a payload of Slack', () => {
  it('a slash command', () => {
    expect(read(COMMAND)).toEqual({
      kind: 'command',
      deliveryId: COMMAND.trigger_id,
      home: { team: 'T0001', enterprise: 'E0001', orgWide: false },
      speaker: { userId: 'U2147483697', name: 'steve' },
      words: ['auth', 'linear'],
      channel: 'C2147483705',
      responseUrl: COMMAND.response_url,
    });
  });

  it('a mention, which knows its bot by what authorised it', () => {
    expect(readPayload(MENTION, NOBODY)).toEqual({
      kind: 'typed',
      deliveryId: 'C123ABC456/1515449522.000016',
      home: { team: 'T061EG9R6', orgWide: false },
      speaker: { userId: 'U061F7AUR', team: 'T061EG9R6' },
      typed: { channel: 'C123ABC456', ts: '1515449522.000016', direct: false, bot: 'U0LAN0Z89' },
      words: ['auth', 'linear'],
    });
  });

  it('a message in the DM', () => {
    expect(read(DIRECT)).toMatchObject({ kind: 'typed', words: ['status'], typed: { direct: true } });
  });

  it('a press', () => {
    expect(read(PRESS)).toMatchObject({
      kind: 'press',
      speaker: { userId: 'U061F7AUR', team: 'T0001', name: 'jbloggs' },
      meaning: { kind: 'command', words: ['auth', 'linear'] },
      label: 'Try again',
      message: { id: 'abcdefghijklmnop', owner: 'T0001/U061F7AUR', channel: 'C123', ephemeral: true },
    });
  });

  it('a press on a link', () => {
    const [{ value: _, ...link }] = PRESS.actions as [(typeof PRESS.actions)[number]];
    expect(read({ ...PRESS, actions: [link] })).toMatchObject({ meaning: { kind: 'link' } });
  });

  it('a filled-in form, which belongs to where the app is installed and not to where the person is', () => {
    expect(read(SUBMISSION)).toMatchObject({
      kind: 'submission',
      home: { team: 'T0001' },
      speaker: { team: 'T0002' },
      values: { 'mcp:field:0': 'ghp_unseen', 'mcp:field:1': '' },
    });
  });

  it('of an organisation-wide installation names it', () => {
    const { team: _, ...rest } = PRESS;
    const press = {
      ...rest,
      team: null,
      enterprise: { id: 'E0001', name: 'Org' },
      is_enterprise_install: true,
    };
    expect(read(press)).toMatchObject({ home: { enterprise: 'E0001', orgWide: true } });
    const view = { ...SUBMISSION.view, app_installed_team_id: 'E0001' };
    expect(read({ ...SUBMISSION, view, is_enterprise_install: true })).toMatchObject({
      home: { enterprise: 'E0001', orgWide: true },
    });
  });

  it('from a stranger names their own workspace', () => {
    const event = {
      ...MENTION.event,
      team: 'T0STRANGER',
      user_team: 'T0STRANGER',
      source_team: 'T0STRANGER',
    };
    expect(read({ ...MENTION, team_id: 'T0STRANGER', event, is_ext_shared_channel: true })).toMatchObject({
      home: { team: 'T061EG9R6' },
      speaker: { team: 'T0STRANGER' },
    });
  });

  it.each([
    ['another command', { ...COMMAND, command: '/weather' }],
    ['another button', { ...PRESS, actions: [{ ...PRESS.actions[0], block_id: 'weather' }] }],
    ['another form', { ...SUBMISSION, view: { ...SUBMISSION.view, callback_id: 'weather' } }],
    ['another event', { ...MENTION, event: { type: 'reaction_added' } }],
    ['a message in a channel', { ...DIRECT, event: { ...DIRECT.event, channel_type: 'channel' } }],
    ['a shortcut', { type: 'shortcut', callback_id: 'mcp' }],
    ['options', { type: 'block_suggestion' }],
  ])('that is not ours is nobody’s here: %s', (_, payload) => {
    expect(read(payload)).toBeUndefined();
  });

  it.each(['mcp', 'MCP', ' /mcp ', '/mcp', '<@U0BOT> mcp', '<@U0BOT>, mcp', '<@U0BOT|acme>: /mcp'])(
    'is a command by its text: %s',
    (text) => {
      expect(read({ ...DIRECT, event: { ...DIRECT.event, text } })).toMatchObject({
        kind: 'typed',
        words: [],
      });
    },
  );

  it.each(['mcps', 'what is mcp', '/mcpx', '', '<@U0BOT>', 'm c p'])('is other text: “%s”', (text) => {
    expect(read({ ...DIRECT, event: { ...DIRECT.event, text } })).toMatchObject({ kind: 'text' });
  });

  it('has addresses as they were typed', () => {
    const text =
      'mcp test <https://a.example/x|a.example/x> <mailto:a@b.example|a@b.example> &lt;b&gt;&amp;amp;';
    expect(read({ ...DIRECT, event: { ...DIRECT.event, text } })).toMatchObject({
      words: ['test', 'a.example/x', 'a@b.example', '<b>&amp;'],
    });
  });
});

describe('whatever comes', () => {
  const templates: readonly object[] = [COMMAND, MENTION, DIRECT, PRESS, SUBMISSION];
  const damaged = fc.constantFrom(...templates).chain((template) => damage(template));

  /** The same with something else in one place, or nothing there. */
  function damage(template: object): fc.Arbitrary<unknown> {
    const paths = pathsIn(template);
    return fc
      .tuple(
        fc.constantFrom(...paths),
        fc.oneof(fc.constant(undefined), fc.jsonValue(), fc.string({ unit: 'grapheme' })),
      )
      .map(([path, value]) => withAt(structuredClone(template), path, value));
  }

  it('reading never throws', () => {
    fc.assert(
      fc.property(fc.oneof(damaged, fc.jsonValue(), fc.anything()), (payload) => void read(payload)),
      {
        numRuns: 2_000,
      },
    );
  });

  it('what is read has ids that are such, and words without white space', () => {
    fc.assert(
      fc.property(damaged, (payload) => {
        const inbound = read(payload);
        if (inbound === undefined || inbound.kind === 'nothing' || inbound.kind === 'uninstalled') return;
        expect(inbound.speaker.userId).toMatch(/^[UW][A-Z0-9]{1,31}$/);
        for (const id of [inbound.home.team, inbound.home.enterprise, inbound.speaker.team])
          if (id !== undefined) expect(id).toMatch(/^[A-Z0-9]{2,32}$/);
        if ('words' in inbound) for (const word of inbound.words) expect(word).toMatch(/^\S+$/u);
      }),
      { numRuns: 1_000 },
    );
  });
});

type Path = readonly string[];

function pathsIn(value: object, before: Path = []): readonly Path[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = [...before, key];
    return typeof inner === 'object' && inner !== null ? [path, ...pathsIn(inner, path)] : [path];
  });
}

function withAt(target: object, [key = '', ...rest]: Path, value: unknown): object {
  const inner: unknown = Reflect.get(target, key);
  const next =
    rest.length > 0 && typeof inner === 'object' && inner !== null ? withAt(inner, rest, value) : value;
  Reflect.set(target, key, next);
  return target;
}
