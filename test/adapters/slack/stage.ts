import { afterEach, expect } from 'vitest';
import { createSlackAdapter } from '../../../src/adapters/slack/adapter.js';
import type { SlackOptions } from '../../../src/adapters/slack/options.js';
import { deliverReply } from '../../../src/gateway/boards/notifier.js';
import type { ChatAdapter, Delivery, Invocation, Reply } from '../../../src/gateway/types.js';
import { createLog } from '../../../src/observability/log.js';
import { reply, type ScriptedGateway, scriptedGateway } from '../../contracts/chat-adapter.js';
import { Clock } from '../../helpers/clock.js';
import { Remembered } from '../../helpers/remembered.js';
import {
  type SlackOptions as PlatformOptions,
  type ShownMessage,
  type Slack,
  type SlackChannel,
  type SlackPerson,
  type SlackWorkspace,
  startSlack,
  type Where,
  type WorkspaceOptions,
} from '../../helpers/slack/slack.js';
import { openFront } from './http-front.js';

export interface StageOptions {
  readonly adapter?: Partial<SlackOptions>;
  readonly platform?: PlatformOptions;
  readonly workspace?: WorkspaceOptions;
  /** Made before the adapter starts; their tokens are given to it. */
  readonly others?: (slack: Slack) => readonly SlackWorkspace[];
}

/** A Slack adapter before a gateway that says what the test wants, a platform with Ana and Ben in a channel, one clock for all. */
export interface Stage {
  readonly slack: Slack;
  readonly acme: SlackWorkspace;
  readonly team: SlackChannel;
  readonly adapter: ChatAdapter;
  readonly gateway: ScriptedGateway;
  readonly memory: Remembered;
  readonly clock: Clock;
  readonly ana: SlackPerson;
  readonly ben: SlackPerson;
  /** All lines that were logged, at `trace`. */
  readonly log: readonly string[];
  /** What the gateway does with a command. At first: it answers with `SERVERS`. */
  answer: (invocation: Invocation) => Promise<unknown>;
  /** Answers as the gateway does: in place of the message whose button was pressed, or with a new one. */
  say(invocation: Invocation, said: Reply): Promise<Delivery>;
  /** Another process, with the same memory. */
  restart(): Promise<void>;
  /** One more process, beside the first. */
  join(options?: Partial<SlackOptions>): Promise<ChatAdapter>;
  /** Where the newest adapter listens, by HTTP. */
  readonly front: string | undefined;
  stop(): Promise<void>;
}

export const LINK = 'https://gateway.example/connect/kx3v';

/** Everything that only one person may see: names, status, a link, buttons, a form. */
export const SERVERS: Reply = reply('MCP servers', {
  aside: '1 of 3 ready',
  lines: [
    { mark: 'ok', cells: ['files', '11 tools', 'no auth needed'] },
    {
      mark: 'attention',
      cells: ['linear', '', 'sign-in needed'],
      action: { kind: 'link', label: 'Sign in', url: LINK },
    },
    {
      mark: 'attention',
      cells: ['github', '', 'key needed'],
      action: {
        kind: 'form',
        label: 'Add key',
        title: 'Key for github',
        words: ['auth', 'github'],
        fields: [{ name: 'GITHUB_TOKEN', label: 'GITHUB_TOKEN', secret: true }],
      },
    },
  ],
  actions: [{ kind: 'command', label: 'Refresh', words: ['status'] }],
});

/** Platforms and adapters, gone after each test. */
export function useStages(): (options?: StageOptions) => Promise<Stage> {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  return async ({ adapter: options = {}, platform = {}, workspace = {}, others = () => [] } = {}) => {
    const clock = new Clock();
    const slack = await startSlack({ now: clock.now, ...platform });
    ends.push(() => slack.close());
    const acme = slack.workspace('Acme', workspace);
    const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
    const tokens = [acme, ...others(slack)].map(({ botToken }) => botToken);
    const lines: string[] = [];
    const memory = new Remembered(clock.now);
    const gateway = {
      ...scriptedGateway(async (invocation) => void (await stage.answer(invocation))),
      memory,
    };

    async function started(more: Partial<SlackOptions> = {}): Promise<ChatAdapter> {
      const made = createSlackAdapter({
        botTokens: tokens,
        mode: 'socket',
        appToken: slack.appToken,
        signingSecret: slack.signingSecret,
        apiRoot: slack.apiUrl.replace(/\/$/, ''),
        now: clock.now,
        log: createLog('trace', { write: (line: string) => void lines.push(line) }),
        pauses: { firstMs: 50, longestMs: 200 },
        ...options,
        ...more,
      });
      await made.start(gateway);
      ends.push(() => made.stop());
      if (made.http !== undefined) {
        const front = await openFront(() => made);
        ends.push(() => front.close());
        slack.deliverTo([...fronts, front.url]);
        fronts.push(front.url);
      }
      return made;
    }

    const fronts: string[] = [];
    let adapter = await started();
    if (adapter.http === undefined) await slack.sockets.untilOpen();
    else await expect.poll(() => adapter.trouble?.()).toBeUndefined();
    const stage: Stage = {
      slack,
      acme,
      team: acme.channel('team', [ana, ben]),
      gateway,
      memory,
      clock,
      ana,
      ben,
      log: lines,
      get adapter() {
        return adapter;
      },
      answer: (invocation) => stage.say(invocation, SERVERS),
      say: (invocation, said) => deliverReply(adapter, stored(invocation), said),
      async restart() {
        await adapter.stop();
        // The platform sees the end of the connection a little later: it would pass for the new one.
        await expect.poll(() => slack.sockets.open).toBe(0);
        fronts.length = 0;
        adapter = await started();
        if (adapter.http === undefined) await slack.sockets.untilOpen();
      },
      join: started,
      get front() {
        return fronts.at(-1);
      },
      stop: () => adapter.stop(),
    };
    return stage;
  };
}

/** From now on commands take until the returned function is called. */
export function slow(stage: Stage): () => void {
  const { answer } = stage;
  let finish = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  stage.answer = async (invocation) => {
    await finished;
    await answer(invocation);
  };
  return finish;
}

/** What the bot said there, as this person sees it. */
export function heard(person: SlackPerson, where?: Where): readonly ShownMessage[] {
  return person.messages(where).filter(({ from }) => from === 'bot');
}

/** The newest message of the bot there, once there are so many. */
export async function lastHeard(person: SlackPerson, where?: Where, count = 1): Promise<ShownMessage> {
  await expect.poll(() => heard(person, where).length).toBeGreaterThanOrEqual(count);
  const last = heard(person, where).at(-1);
  if (last === undefined) throw new Error(`the bot said nothing to ${person.name}`);
  return last;
}

/** What was asked of the gateway, but for the markers. */
export function commands({ gateway }: Pick<Stage, 'gateway'>): readonly (readonly string[])[] {
  return gateway.invocations.map(({ words }) => words).filter(([first]) => !first?.startsWith('marker-'));
}

/** Resolves once a command of its own has come through: what was sent before it has been looked at by then. */
export async function quiet({ ben, gateway }: Pick<Stage, 'ben' | 'gateway'>): Promise<void> {
  const marker = `marker-${gateway.invocations.length}`;
  await ben.types(`/mcp ${marker}`);
  await expect.poll(() => gateway.invocations.some(({ words }) => words[0] === marker)).toBe(true);
}

/** The methods that were called, and how often a response_url was used, without what a start asks. */
export function calls({ slack }: Pick<Stage, 'slack'>): readonly string[] {
  return slack.calls.map(({ method }) => method).filter((method) => !OF_A_START.has(method));
}

const OF_A_START: ReadonlySet<string> = new Set(['auth.test', 'apps.connections.open']);

function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
