import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTelegramAdapter } from '../../../src/adapters/telegram/adapter.js';
import { webhookUrlOf } from '../../../src/adapters/telegram/connection/webhook.js';
import { silentLog } from '../../../src/observability/log.js';
import { scriptedGateway } from '../../contracts/chat-adapter.js';
import { json, startHttpPeer } from '../../helpers/http-peer.js';
import { useGateways } from '../../helpers/running-gateway.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';
import { commands, heard, quiet, type Stage, seen, slow, useStages } from './stage.js';

/** Failures in a row wait 20, 40, 80, 160 ms, and then no longer. */
const QUICK = { pauses: { firstMs: 20, longestMs: 160 } };
const CONFLICT = {
  errorCode: 409,
  description:
    'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
};

const stages = useStages();
const gateways = useGateways();
const open = () => stages({ adapter: QUICK });

const actor = (userId: number) =>
  ({ platform: 'telegram', userId: String(userId), displayName: '@ana' }) as const;

const polls = (api: BotApi) => api.callsOf('getUpdates');

/** As another program with the same token does. */
async function call(api: BotApi, method: string, payload: object = {}): Promise<unknown> {
  const response = await fetch(`${api.root}/bot${api.token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
  });
  return response.json();
}

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

const linesOf = ({ log }: Pick<Stage, 'log'>, level: 'warn' | 'error'): readonly string[] =>
  log
    .map((line) => JSON.parse(line) as LogLine)
    .filter((line) => line.level === { warn: 40, error: 50 }[level])
    .map(({ msg }) => msg);

const working = ({ adapter }: Pick<Stage, 'adapter'>) =>
  expect.poll(() => adapter.trouble?.() ?? 'none').toBe('none');
const troubled = ({ adapter }: Pick<Stage, 'adapter'>, words: RegExp) =>
  expect.poll(() => adapter.trouble?.() ?? 'none').toMatch(words);

/** Ana's command comes through, and its answer back. */
async function isAnswered(stage: Stage): Promise<void> {
  const before = heard(stage.ana).length;
  await stage.ana.type('/mcp');
  await expect.poll(() => heard(stage.ana).length).toBeGreaterThan(before);
}

describe('long polling', () => {
  it('asks for messages and pressed buttons alone', async () => {
    const stage = await open();
    await isAnswered(stage);
    await expect.poll(() => polls(stage.api).length).toBeGreaterThan(0);
    for (const { payload } of polls(stage.api))
      expect(payload.allowed_updates).toEqual(['message', 'callback_query']);
  });

  it('confirms with each poll what the one before brought', async () => {
    const stage = await open();
    for (let round = 0; round < 3; round += 1) await isAnswered(stage);
    await expect.poll(() => stage.api.pendingUpdates).toBe(0);
    const asked = polls(stage.api).flatMap(({ payload }) =>
      typeof payload.offset === 'number' ? [payload.offset] : [],
    );
    expect(asked).toEqual([...asked].sort((a, b) => a - b));
    expect(commands(stage)).toHaveLength(3);
  });

  it('takes a webhook away that is still set, and gets what had waited for it', async () => {
    const stage = await open();
    await stage.stop();
    await call(stage.api, 'setWebhook', { url: 'https://elsewhere.example/hook' });
    await stage.ana.type('/mcp auth');
    await stage.restart();
    expect((await stage.gateway.invocation(1)).words).toEqual(['auth']);
    expect(await call(stage.api, 'getWebhookInfo')).toMatchObject({ result: { url: '' } });
    await working(stage);
  });

  it('leaves a gateway’s webhook alone that is set later: who moves to one may start that before this one ends', async () => {
    const stage = await open();
    await isAnswered(stage);
    const url = webhookUrlOf(stage.api.token, 'https://gateway.example');
    await call(stage.api, 'setWebhook', { url });
    await troubled(stage, /by a webhook: stop it; a gateway’s is taken away when this one is restarted/);
    await expect
      .poll(() => polls(stage.api).filter(({ status }) => status === 409).length)
      .toBeGreaterThan(2);
    await stage.stop();
    expect(await call(stage.api, 'getWebhookInfo')).toMatchObject({ result: { url } });
  });

  it('takes a webhook away that another program set meanwhile, says so, and goes on', async () => {
    const stage = await open();
    await isAnswered(stage);
    await call(stage.api, 'setWebhook', { url: 'https://elsewhere.example/hook' });
    await expect.poll(() => stage.log.join('')).toContain('Give that program a bot of its own');
    await stage.ana.type('/mcp');
    await expect.poll(() => commands(stage)).toHaveLength(2);
    await working(stage);
    expect(await call(stage.api, 'getWebhookInfo')).toMatchObject({ result: { url: '' } });
  });

  it('does not let one person’s slow command hold up another’s', async () => {
    const stage = await open();
    const finish = slow(stage);
    await stage.ana.type('/mcp test');
    await stage.gateway.invocation(1);
    const { answer } = stage;
    stage.answer = (invocation) =>
      invocation.actor.userId === String(stage.ben.id) ? stage.say(invocation, BRIEF) : answer(invocation);
    await stage.ben.type('/mcp');
    await expect.poll(() => seen(stage.ben)).toContain(BRIEF.title);
    expect(heard(stage.ana)).toHaveLength(0);
    finish();
    await expect.poll(() => heard(stage.ana).length).toBe(1);
  });

  it('goes on after an update that could not be looked at', async () => {
    const stage = await open();
    stage.memory.down = true;
    const team = stage.api.group('Team', [stage.ana]);
    stage.api.push({ message: { message_id: 1, chat: { id: team.id, type: 'group' }, from: null, text: 7 } });
    await stage.ana.type('/mcp');
    await stage.gateway.invocation(1);
    stage.memory.down = false;
    await isAnswered(stage);
  });
});

const BRIEF = { title: 'Here you are', lines: [], actions: [] };

describe('while another program receives the bot’s updates, long polling', () => {
  it('says so once for each try, with growing pauses, is not ready, and works again when it is gone', async () => {
    const stage = await open();
    await isAnswered(stage);
    stage.api.fail('getUpdates', CONFLICT, 4);
    await stage.ana.type('/mcp wakes the poll');
    await expect.poll(() => linesOf(stage, 'warn').length).toBe(4);
    for (const line of linesOf(stage, 'warn'))
      expect(line).toMatch(
        /^Telegram: another program receives the updates of this bot: stop it.*trying again/,
      );
    expect(stage.adapter.trouble?.()).toMatch(/another program/);
    const times = polls(stage.api)
      .filter(({ status }) => status === 409)
      .map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, at) => atMs - (times[at] ?? 0));
    for (const [at, least] of [20, 40, 80].entries()) expect(gaps[at]).toBeGreaterThanOrEqual(least - 2);
    await isAnswered(stage);
    await working(stage);
    expect(linesOf(stage, 'warn')).toHaveLength(4);
    expect(linesOf(stage, 'error')).toEqual([]);
  });

  it('notices one that really polls, and that it has gone', async () => {
    const stage = await open();
    await working(stage);
    await expect.poll(() => polls(stage.api).length).toBeGreaterThan(0);
    const other = call(stage.api, 'getUpdates', { timeout: 1 });
    await troubled(stage, /another program/);
    await other;
    await isAnswered(stage);
    await working(stage);
  });
});

describe('a revoked token', () => {
  it('is one error line and a red /readyz; nothing more is asked of Telegram, and the process lives', async () => {
    const stage = await open();
    await isAnswered(stage);
    stage.api.revokeToken();
    await troubled(stage, /refuses the bot token.*@BotFather/);
    await expect.poll(() => linesOf(stage, 'error')).toHaveLength(1);
    const asked = stage.api.calls.length;
    const sent = stage.adapter.send({ actor: actor(stage.ana.id) }, BRIEF);
    await expect(sent).rejects.toMatchObject({ code: 'telegram_token_refused' });
    await sleep(300);
    expect(stage.api.calls).toHaveLength(asked);
    expect(linesOf(stage, 'error')).toHaveLength(1);
    expect(stage.log.join('')).not.toContain(stage.api.token.split(':')[1]);
  });

  it('is found out by whatever is asked first', async () => {
    const stage = await open();
    await isAnswered(stage);
    const refused = { errorCode: 401, description: 'Unauthorized' };
    stage.api.fail('sendMessage', refused);
    await expect(stage.adapter.send({ actor: actor(stage.ana.id) }, BRIEF)).rejects.toMatchObject({
      code: 'telegram_token_refused',
    });
    expect(stage.adapter.trouble?.()).toMatch(/refuses the bot token/);
    expect(linesOf(stage, 'error')).toHaveLength(1);
  });

  it.each([
    ['of a bot that is gone', '7312640915:AAFbdTq3xVw9ZyHk2mJcR8sLpN4uGeXo1Yx'],
    ['that never was one', 'not-a-token'],
  ])('%s is told at the start, once', async (_, token) => {
    const stage = await stages({ adapter: { ...QUICK, token } });
    await troubled(stage, /refuses the bot token/);
    await sleep(200);
    expect(linesOf(stage, 'error')).toHaveLength(1);
    expect(polls(stage.api)).toEqual([]);
  });

  it('leaves the rest of the gateway running', async () => {
    const api = await startBotApi();
    try {
      const gateway = await gateways({
        words: {
          platforms: { telegram: { token: api.token, api_root: api.root }, web: { people: ['ana'] } },
          access: { users: ['web:ana'] },
          mcp_servers: {},
        },
      });
      const ready = async () => (await fetch(`${gateway.localUrl}/readyz`)).json();
      await expect.poll(ready).toMatchObject({ ready: true, checks: { telegram: 'ok' } });
      api.revokeToken();
      await expect.poll(ready).toMatchObject({
        ready: false,
        checks: { store: 'ok', telegram: expect.stringMatching(/@BotFather/) },
      });
      expect((await fetch(`${gateway.localUrl}/readyz`)).status).toBe(503);
      const ana = await gateway.visitor('ana');
      await ana.say('/mcp help');
      expect(gateway.log.filter((line) => (JSON.parse(line) as LogLine).level === 50)).toHaveLength(1);
    } finally {
      await api.close();
    }
  });
});

describe('while Telegram cannot be reached, long polling', () => {
  it('at the start says so, is not ready, and begins as soon as it can', async () => {
    const stage = await open();
    await stage.stop();
    await stage.api.goDown();
    await stage.restart();
    await troubled(stage, /updates cannot be fetched/);
    await expect.poll(() => linesOf(stage, 'warn').length).toBeGreaterThan(2);
    expect(stage.log.join('\n')).toContain('ECONNREFUSED');
    await stage.api.comeBack();
    await working(stage);
    await isAnswered(stage);
  });

  it('later says so, is not ready, and goes on with what was typed meanwhile', async () => {
    const stage = await open();
    await isAnswered(stage);
    await stage.api.goDown();
    await troubled(stage, /updates cannot be fetched/);
    await stage.ana.type('/mcp auth');
    await stage.api.comeBack();
    expect((await stage.gateway.invocation(2)).words).toEqual(['auth']);
    await working(stage);
    expect(commands(stage)).toHaveLength(2);
  });

  it.each([
    ['answers of 5xx', { errorCode: 502, description: 'Bad Gateway' }],
    ['cut connections', 'drop-before'],
    ['answers that get lost', 'drop-after'],
  ] as const)('goes on after %s', async (_, how) => {
    const stage = await open();
    await isAnswered(stage);
    stage.api.fail('getUpdates', how, 3);
    await stage.ana.type('/mcp auth');
    await stage.gateway.invocation(2);
    await quiet(stage);
    await working(stage);
    expect(commands(stage)).toEqual([[], ['auth']]);
    expect(linesOf(stage, 'error')).toEqual([]);
  });

  it('waits as long as Telegram asks it to', async () => {
    const stage = await open();
    await isAnswered(stage);
    const flood = { errorCode: 429, description: 'Too Many Requests: retry after 1' };
    stage.api.fail('getUpdates', { ...flood, parameters: { retry_after: 1 } });
    await stage.ana.type('/mcp auth');
    await stage.gateway.invocation(2);
    const at = () => polls(stage.api).findIndex(({ status }) => status === 429);
    await expect.poll(at).toBeGreaterThan(0);
    await isAnswered(stage);
    await expect.poll(() => polls(stage.api).length).toBeGreaterThan(at() + 1);
    const [refused, next] = polls(stage.api).slice(at());
    expect((next?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

/** Well below a long poll's half minute, and above what a busy machine needs. */
const SOON_MS = 5_000;

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Symbol('late');
  expect(await Promise.race([work, sleep(ms, late, { ref: false })])).not.toBe(late);
}

describe('stopping long polling', () => {
  it('ends a poll that waits, and confirms what was taken', async () => {
    const stage = await open();
    await isAnswered(stage);
    await within(SOON_MS, stage.stop());
    expect(stage.api.pendingUpdates).toBe(0);
    const last = polls(stage.api).at(-1);
    const id = stage.api.updates.at(-1)?.update_id;
    expect(last?.payload).toMatchObject({ offset: typeof id === 'number' ? id + 1 : undefined, timeout: 0 });
    await stage.ana.type('/mcp while nobody listens');
    await stage.restart();
    await stage.gateway.invocation(2);
    expect(commands(stage)).toEqual([[], ['while', 'nobody', 'listens']]);
  });

  it('takes nothing of what the same poll still brought, and leaves it to the next start', async () => {
    const stage = await open();
    await stage.stop();
    for (const words of ['one', 'two', 'three']) await stage.ana.type(`/mcp ${words}`);
    const { adapter, gateway } = stage;
    stage.answer = async () => void stage.stop();
    await stage.restart();
    await gateway.invocation(1);
    expect(stage.adapter).not.toBe(adapter);
    await stage.stop();
    stage.answer = async () => undefined;
    await stage.restart();
    await gateway.invocation(3);
    await quiet(stage);
    expect(commands(stage)).toEqual([['one'], ['two'], ['three']]);
  });

  it('does not wait for a Telegram that is down, nor asks it anything once it is back', async () => {
    const stage = await open();
    await stage.stop();
    await stage.api.goDown();
    await stage.restart();
    await troubled(stage, /updates cannot be fetched/);
    await within(SOON_MS, stage.stop());
    const asked = stage.api.calls.length;
    await stage.api.comeBack();
    await sleep(400);
    expect(stage.api.calls).toHaveLength(asked);
  });

  it('waits for commands under way, but not for ever', async () => {
    const stage = await open();
    const finish = slow(stage);
    await stage.ana.type('/mcp');
    await stage.gateway.invocation(1);
    await within(2 * SOON_MS, stage.stop());
    finish();
  });

  it('leaves no connection and no timer behind', async () => {
    const me = { id: 7_312_640_915, is_bot: true, first_name: 'Acme', username: 'acme_mcp_bot' };
    const peer = await startHttpPeer(({ path, body }, response) => {
      if (body.includes('"timeout":30')) return;
      json(response, 200, { ok: true, result: path.endsWith('/getMe') ? me : [] });
    });
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const adapter = createTelegramAdapter({
      token: '7312640915:AAFbdTq3xVw9ZyHk2mJcR8sLpN4uGeXo1Yi',
      apiRoot: peer.origin,
      mode: 'polling',
      publicUrl: 'https://gateway.example',
      reachable: true,
      commands: true,
      log: silentLog,
    });
    await adapter.start(scriptedGateway());
    while (!peer.seen.some(({ body }) => body.includes('"timeout":30'))) await sleep(5);
    await adapter.stop();
    while (peer.sockets.size > 0) await sleep(5);
    await peer.close();
    // Those of the connections end with them, a moment later.
    while (timers() > before) await sleep(5);
  });
});
