import { describe, expect, it } from 'vitest';
import { slipView } from '../../../src/gateway/views/slips.js';
import { reply } from '../../contracts/chat-adapter.js';
import { calls, commands, heard, lastHeard, quiet, SERVERS, slow, useStages } from './stage.js';

const stage = useStages();

describe('Slack that wants fewer requests', () => {
  it('is left alone for as long as it says, and then gets the answer', async () => {
    const scene = await stage();
    scene.slack.fail('response_url', { status: 429, retryAfterSeconds: 1 });
    await scene.ana.types('/mcp', { channel: scene.team });
    await lastHeard(scene.ana, { channel: scene.team });
    expect(calls(scene)).toEqual(['response_url', 'response_url']);
  });

  it('for longer than anybody waits: it is not asked again until then, and the gateway tries later', async () => {
    const scene = await stage();
    await scene.ana.types('mcp');
    const { actor } = await scene.gateway.invocation(1);
    await lastHeard(scene.ana);
    scene.slack.fail('chat.postMessage', { status: 429, retryAfterSeconds: 600 });
    await expect(scene.adapter.send({ actor }, reply('news'))).rejects.toThrow(/fewer requests/);
    const asked = scene.slack.callsOf('chat.postMessage').length;
    await expect(scene.adapter.send({ actor }, reply('news'))).rejects.toThrow(/fewer requests/);
    expect(scene.slack.callsOf('chat.postMessage')).toHaveLength(asked);
  });
});

describe('Slack that wants fewer requests than anybody waits for', () => {
  const FLOOD = { status: 429, retryAfterSeconds: 600 } as const;

  it('at the response_url: the answer comes as a whisper', async () => {
    const scene = await stage();
    scene.slack.fail('response_url', FLOOD);
    await scene.ana.types('/mcp', { channel: scene.team });
    expect((await lastHeard(scene.ana, { channel: scene.team })).ephemeral).toBe(true);
    expect(calls(scene)).toEqual(['response_url', 'chat.postEphemeral']);
  });

  it('at whispers: the answer comes in the DM', async () => {
    const scene = await stage();
    scene.slack.fail('chat.postEphemeral', FLOOD);
    await scene.ana.types('@acmemcp mcp', { channel: scene.team });
    expect((await lastHeard(scene.ana)).text).toContain('sign-in needed');
    expect(heard(scene.ana, { channel: scene.team })).toEqual([]);
  });

  it.each([
    ['taken away', 0, [/sign-in needed/]],
    ['left, where that fails too', 4, [/Working…/, /sign-in needed/]],
  ] as const)(
    'at edits: the answer comes as a new message, and the “Working…” is %s',
    async (_, fails, said) => {
      const scene = await stage();
      const finish = slow(scene);
      scene.slack.fail('chat.update', FLOOD);
      scene.slack.fail('chat.delete', { status: 503 }, fails);
      await scene.ana.types('mcp');
      expect((await lastHeard(scene.ana)).text).toBe('Working…');
      finish();
      await expect
        .poll(() => heard(scene.ana).map(({ text }) => text))
        .toEqual(said.map((words) => expect.stringMatching(words)));
    },
  );
});

describe('Slack that fails', () => {
  it.each([
    ['5xx', { status: 503 }],
    ['its own word for trouble', { error: 'internal_error' }],
    ['a broken connection', 'drop-before'],
    ['an answer that is no JSON', { status: 200, body: '<html>' }],
  ] as const)('for a moment is asked again: %s', async (_, how) => {
    const scene = await stage();
    scene.slack.fail('chat.postMessage', how, 2);
    await scene.ana.types('mcp');
    await lastHeard(scene.ana);
    expect(scene.slack.callsOf('chat.postMessage').length).toBe(3);
  });

  it('for long is given up on after a few tries, without a word of what was sent', async () => {
    const scene = await stage();
    await scene.ana.types('mcp');
    const { actor } = await scene.gateway.invocation(1);
    await lastHeard(scene.ana);
    scene.slack.fail('chat.postMessage', { status: 502 }, 100);
    const error = await scene.adapter.send({ actor }, SERVERS).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/502 at chat.postMessage/);
    expect(JSON.stringify(error) + String(error)).not.toMatch(/gateway\.example|xoxb/);
    expect(scene.slack.callsOf('chat.postMessage')).toHaveLength(5);
  });
});

describe('a person who cannot be told where they asked', () => {
  it('is told in the DM', async () => {
    const scene = await stage();
    const { ana, team } = scene;
    scene.slack.fail('chat.postEphemeral', { error: 'user_not_in_channel' });
    await ana.types('@acmemcp mcp', { channel: team });
    expect((await lastHeard(ana)).text).toContain('sign-in needed');
    expect(heard(ana, { channel: team })).toEqual([]);
  });

  it('after the response_url is used up is told all the same', async () => {
    const scene = await stage();
    scene.slack.fail('response_url', { status: 404, body: '{"ok":false,"error":"used_url"}' });
    await scene.ana.types('/mcp', { channel: scene.team });
    expect((await lastHeard(scene.ana, { channel: scene.team })).ephemeral).toBe(true);
    expect(calls(scene)).toEqual(['response_url', 'chat.postEphemeral']);
  });

  it('anywhere gets one line without a link or status, and the gateway knows', async () => {
    const scene = await stage();
    const { ana, ben, team, slack } = scene;
    const said: unknown[] = [];
    scene.answer = async (invocation) => said.push(await scene.say(invocation, SERVERS));
    slack.fail('chat.postEphemeral', { error: 'user_not_in_channel' }, 3);
    slack.fail('conversations.open', { error: 'user_disabled' }, 3);
    for (let times = 0; times < 3; times += 1) await ana.types('@acmemcp mcp', { channel: team });
    await expect.poll(() => said).toEqual(Array(3).fill({ kind: 'no-private-way' }));
    expect(heard(ben, { channel: team }).map(({ text }) => text)).toEqual([
      'I answer this only in private. Write to me in our direct messages.',
    ]);
  });

  it('anywhere, and typed a key before all, is warned of there: once, by a fixed sentence', async () => {
    const scene = await stage();
    const { ana, ben, team, slack, clock } = scene;
    const slip = slipView(
      { kind: 'pasted-secret', server: 'linear' },
      { servers: ['linear'], forms: true, keysOf: () => ['LINEAR_KEY'] },
    );
    const said: unknown[] = [];
    scene.answer = async (invocation) =>
      said.push(await scene.say(invocation, invocation.words.length === 0 ? SERVERS : slip));
    slack.fail('chat.postEphemeral', { error: 'user_not_in_channel' }, 10);
    slack.fail('response_url', { status: 404, body: '{"ok":false,"error":"used_url"}' }, 10);
    slack.fail('conversations.open', { error: 'user_disabled' }, 10);
    const told = () => heard(ben, { channel: team }).map(({ text }) => text);
    const types = async (line: string) => {
      const before = said.length;
      await ana.types(line, { channel: team });
      await expect.poll(() => said.slice(before)).toEqual([{ kind: 'no-private-way' }]);
    };
    const typesKey = () => types('@acmemcp mcp auth linear sk-live-7f3a9c1e5b2d8f406a');
    await types('/mcp auth linear sk-live-7f3a9c1e5b2d8f406a');
    expect(told()).toEqual([]);
    await types('@acmemcp mcp');
    await typesKey();
    const seen =
      'A message here held what looks like a key, and others may have read it. I did not use it. If it was yours: delete it where it still stands, replace the key at its provider, and give the new one with /mcp auth.';
    expect(told()).toEqual([expect.stringMatching(/only in private/), seen]);
    await typesKey();
    expect(told()).toHaveLength(2);
    clock.advance(11 * 60_000);
    await typesKey();
    expect(told()).toEqual([expect.anything(), seen, seen]);
    clock.advance(11 * 60_000);
    slack.fail('chat.postMessage', { status: 429, retryAfterSeconds: 600 });
    await typesKey();
    expect(told()).toHaveLength(3);
  });

  it('whose account is closed is not written to', async () => {
    const scene = await stage();
    await scene.ana.types('/mcp', { channel: scene.team });
    const { actor } = await scene.gateway.invocation(1);
    scene.ana.deactivate();
    expect(await scene.adapter.send({ actor }, reply('news'))).toEqual({ kind: 'no-private-way' });
  });
});

describe('the connection', () => {
  it.each(['warning', 'refresh_requested'] as const)('is renewed when Slack asks: %s', async (reason) => {
    const scene = await stage();
    scene.slack.sockets.disconnect(reason);
    await expect.poll(() => scene.slack.sockets.opened).toBe(2);
    await scene.slack.sockets.untilOpen();
    await scene.ana.types('/mcp', { channel: scene.team });
    await lastHeard(scene.ana, { channel: scene.team });
    expect(scene.adapter.trouble?.()).toBeUndefined();
  });

  it('goes on receiving by the old one until the new one is there', async () => {
    const scene = await stage();
    scene.slack.fail('apps.connections.open', { delayMs: 300 });
    scene.slack.sockets.disconnect('warning');
    expect(await scene.ana.types('/mcp', { channel: scene.team })).toEqual({ kind: 'command' });
    await lastHeard(scene.ana, { channel: scene.team });
  });

  it('that breaks is opened again', async () => {
    const scene = await stage();
    scene.slack.sockets.drop();
    await expect.poll(() => scene.slack.sockets.opened).toBe(2);
    await scene.slack.sockets.untilOpen();
    await scene.ana.types('/mcp', { channel: scene.team });
    await lastHeard(scene.ana, { channel: scene.team });
  });

  it('on which nothing comes any more is given up', async () => {
    const scene = await stage({ adapter: { heartbeatMs: 100 } });
    scene.slack.sockets.freeze();
    await expect.poll(() => scene.slack.sockets.opened).toBe(2);
    await expect.poll(() => scene.adapter.trouble?.()).toBeUndefined();
    await scene.slack.sockets.untilOpen();
  });

  it('that cannot be opened is tried again, ever more slowly, and says so', async () => {
    const scene = await stage();
    await scene.slack.goDown();
    await expect.poll(() => scene.adapter.trouble?.()).toBe('no connection could be opened');
    await scene.slack.comeBack();
    await expect.poll(() => scene.adapter.trouble?.()).toBeUndefined();
    await scene.ana.types('/mcp', { channel: scene.team });
    await lastHeard(scene.ana, { channel: scene.team });
  });

  it('whose token is refused is given up with one error line, and nothing more is asked', async () => {
    const scene = await stage();
    scene.slack.revokeAppToken();
    await expect.poll(() => scene.adapter.trouble?.()).toMatch(/refuses the app-level token/);
    const asked = scene.slack.callsOf('apps.connections.open').length;
    expect(scene.log.filter((line) => JSON.parse(line).level >= 50)).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(scene.slack.callsOf('apps.connections.open')).toHaveLength(asked);
  });

  it('takes no harm from what is no envelope', async () => {
    const scene = await stage();
    for (const text of [
      '',
      'null',
      '[]',
      '{',
      '{"envelope_id":7}',
      '{"type":"disconnect"',
      '{"envelope_id":"1","payload":null}',
    ])
      scene.slack.sockets.send(text);
    await quiet(scene);
    expect(commands(scene)).toEqual([]);
  });
});

describe('a start', () => {
  it('while Slack is away resolves, and is made up for', async () => {
    const scene = await stage();
    await scene.stop();
    await scene.slack.goDown();
    const adapter = await scene.join();
    await expect.poll(() => adapter.trouble?.()).toBe('has not reached Slack yet');
    await scene.slack.comeBack();
    await expect.poll(() => adapter.trouble?.()).toBeUndefined();
  });

  it('while Slack does not say whose the token is: what is to be said meanwhile is to be tried again, and not over', async () => {
    const scene = await stage();
    const actor = {
      platform: 'slack',
      tenant: scene.acme.id,
      userId: scene.ana.id,
      displayName: '',
    } as const;
    const first = await scene.adapter.send({ actor }, SERVERS);
    if (first.kind !== 'delivered') throw new Error(first.kind);
    await scene.stop();
    await scene.slack.goDown();
    const adapter = await scene.join();
    await expect(adapter.update(first.message, reply('linear connected'))).rejects.toThrow(/whose/);
    await expect(adapter.send({ actor }, reply('news'))).rejects.toThrow(/whose/);
    await scene.slack.comeBack();
    await expect.poll(() => adapter.trouble?.()).toBeUndefined();
    expect(await adapter.update(first.message, reply('linear connected'))).toEqual(first);
    expect(heard(scene.ana).map(({ text }) => text)).toEqual([expect.stringContaining('linear connected')]);
  });

  it('with a bot token that is refused says so once', async () => {
    const scene = await stage();
    await scene.stop();
    const adapter = await scene.join({ botTokens: ['xoxb-wrong'] });
    await expect.poll(() => adapter.trouble?.()).toMatch(/Slack refuses the bot token/);
    const errors = scene.log.filter((line) => JSON.parse(line).level >= 50);
    expect(errors).toHaveLength(1);
    expect(errors.join('')).not.toContain('xoxb-wrong');
  });
});

describe('a stop', () => {
  it('lets what is under way end, acknowledgement included', async () => {
    const scene = await stage();
    let finish = (): void => undefined;
    const { answer } = scene;
    scene.answer = async (invocation) => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      await answer(invocation);
    };
    const typed = scene.ana.types('/mcp', { channel: scene.team });
    await scene.gateway.invocation(1);
    const stopped = scene.stop();
    finish();
    expect(await typed).toEqual({ kind: 'command' });
    await stopped;
    expect(heard(scene.ana, { channel: scene.team })).toHaveLength(1);
  });
});

describe('the same delivery again', () => {
  it('counts once: a command, a mention, a message, a press, a form', async () => {
    const scene = await stage();
    const { ana, team, slack } = scene;
    await ana.types('/mcp', { channel: team });
    await ana.types('@acmemcp mcp', { channel: team });
    await ana.types('mcp');
    await lastHeard(ana);
    await ana.presses('Refresh');
    await ana.fills('Add key', { GITHUB_TOKEN: 'ghp_unseen_4711' });
    await scene.gateway.invocation(5);
    for (const delivery of [...slack.deliveries]) await slack.redeliver(delivery);
    await quiet(scene);
    expect(commands(scene)).toHaveLength(5);
  });

  it('also after a restart', async () => {
    const scene = await stage();
    await scene.ana.types('/mcp', { channel: scene.team });
    await scene.restart();
    for (const delivery of [...scene.slack.deliveries]) await scene.slack.redeliver(delivery);
    await quiet(scene);
    expect(commands(scene)).toHaveLength(1);
  });
});

describe('a flood by one person', () => {
  it('does not keep others waiting, and what is too much is let fall', async () => {
    const scene = await stage();
    let open = 0;
    const answer = scene.answer;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    scene.answer = async (invocation) => {
      if (invocation.actor.userId !== scene.ana.id) return answer(invocation);
      open += 1;
      await finished;
    };
    const typed = Array.from({ length: 40 }, () => scene.ana.types('/mcp', { channel: scene.team }));
    await expect.poll(() => open).toBe(20);
    await scene.ben.types('/mcp', { channel: scene.team });
    await lastHeard(scene.ben, { channel: scene.team });
    finish();
    await Promise.all(typed);
    expect(open).toBe(20);
  });
});
