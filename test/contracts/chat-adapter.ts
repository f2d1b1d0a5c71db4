/**
 * What every chat adapter does, whatever its platform. Each adapter's test opens itself as an `AdapterUnderTest`
 * for every test and lets this suite run; what only one platform has stays in that adapter's own tests.
 *
 *     chatAdapterContract('terminal, piped', async (gateway) => ({ adapter, ana, close }));
 */
import { afterEach, describe, expect, it } from 'vitest';
import type {
  Action,
  Actor,
  AdapterMemory,
  ChatAdapter,
  ChatGateway,
  ConversationRef,
  Delivery,
  Invocation,
  Json,
  MessageRef,
  Reply,
} from '../../src/gateway/types.js';

/** A person at the platform's own end: what they do there, and what they can see there. */
export interface Person {
  readonly actor: Actor;
  /** Types a line into the chat, `/mcp auth linear`, as the platform's client would deliver it. */
  type(line: string): Promise<void>;
  /** Presses the button with this label: the newest one on show. */
  press(label: string): Promise<void>;
  /** Presses the form button with this label, fills the form in, submits it. Needed where `adapter.forms`. */
  fill?(label: string, values: Readonly<Record<string, string>>): Promise<void>;
  /** All the text that this person sees now, links' addresses included, markup interpreted, not as sent. */
  sees(): string | Promise<string>;
}

/** An adapter that was started with the gateway that the suite gave, and the people in front of it. */
export interface AdapterUnderTest {
  readonly adapter: ChatAdapter;
  readonly ana: Person;
  /** A second person, where the platform serves several. */
  readonly ben?: Person;
  /** False where an earlier text cannot be taken off the screen (piped output). Default: true. */
  readonly replaces?: boolean;
  /** Stops the adapter and whatever the test started beside it. */
  close(): Promise<void>;
}

/** Records what the adapter hands over; answers nothing by itself. */
export interface ScriptedGateway extends ChatGateway {
  readonly invocations: readonly Invocation[];
  /** Resolves with the nth invocation (1 is the first) when it has come. */
  invocation(nth: number): Promise<Invocation>;
}

export function scriptedGateway(
  answer: (invocation: Invocation) => Promise<void> = async () => {},
): ScriptedGateway {
  const invocations: Invocation[] = [];
  return {
    invocations,
    async invocation(nth) {
      await expect.poll(() => invocations.length).toBeGreaterThanOrEqual(nth);
      const found = invocations[nth - 1];
      if (found === undefined) throw new Error(`There is no invocation ${nth}.`);
      return found;
    },
    async handle(invocation) {
      invocations.push(invocation);
      await answer(invocation);
    },
    /** Everybody may run something. */
    async complete() {
      return ['status'];
    },
    memory: mapMemory(),
  };
}

/** What an adapter remembers, for as long as the test holds on to it. */
export function mapMemory(): AdapterMemory {
  const kept = new Map<string, Json>();
  return {
    get: async (key) => kept.get(key),
    async set(key, value) {
      kept.set(key, value);
    },
    async take(key) {
      const value = kept.get(key);
      kept.delete(key);
      return value;
    },
    async first(key, _ttlMs, value = true) {
      if (kept.has(key)) return false;
      kept.set(key, value);
      return true;
    },
    keys: async (prefix) =>
      [...kept.keys()].flatMap((key) => (key.startsWith(`${prefix}/`) ? [key.slice(prefix.length + 1)] : [])),
  };
}

export function reply(title: string, rest: Partial<Omit<Reply, 'title'>> = {}): Reply {
  return { title, lines: [], actions: [], ...rest };
}

const LINK = 'http://127.0.0.1:8787/connect/kx3v';
const signIn: Action = { kind: 'link', label: 'Sign in', url: LINK };
const retry: Action = { kind: 'command', label: 'Try again', words: ['auth', 'linear'] };
const addKey: Action = {
  kind: 'form',
  label: 'Add key',
  title: 'Key for weather',
  words: ['auth', 'weather'],
  fields: [{ name: 'WEATHER_KEY', label: 'WEATHER_KEY', secret: true }],
};

/** What a store does to a reference. */
function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function delivered(delivery: Delivery): MessageRef {
  if (delivery.kind !== 'delivered') throw new Error(`Expected a delivered message, got ${delivery.kind}.`);
  return delivery.message;
}

/** What a platform does not have is said here, and the suite then tests that it really has not. */
export interface Without {
  /** The chat is one person's own. */
  readonly secondPerson?: boolean;
  readonly forms?: boolean;
}

export function chatAdapterContract(
  name: string,
  open: (gateway: ChatGateway) => Promise<AdapterUnderTest>,
  without: Without = {},
): void {
  describe(`${name} keeps the contract of chat adapters:`, () => {
    const opened: AdapterUnderTest[] = [];
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    async function setUp() {
      const gateway = scriptedGateway();
      const under = await open(gateway);
      opened.push(under);
      const sees = (person: Person = under.ana) => expect.poll(() => person.sees());
      return { ...under, gateway, sees };
    }

    /** Ana types a command; what she is told goes to the conversation that came with it. */
    async function conversation(under: { ana: Person; gateway: ScriptedGateway }): Promise<ConversationRef> {
      const before = under.gateway.invocations.length;
      await under.ana.type('/mcp');
      return (await under.gateway.invocation(before + 1)).conversation;
    }

    it('a typed command becomes an invocation by the person who typed it', async () => {
      const { adapter, ana, gateway } = await setUp();
      await ana.type('/mcp auth  linear');
      const invocation = await gateway.invocation(1);
      expect(invocation.words).toEqual(['auth', 'linear']);
      expect(invocation.actor).toMatchObject({ platform: adapter.platform, userId: ana.actor.userId });
      expect(invocation.fields).toBeUndefined();
      expect(stored(invocation.conversation)).toEqual(invocation.conversation);
    });

    it('/mcp alone is a command without words', async () => {
      const { ana, gateway } = await setUp();
      await ana.type('/mcp');
      expect((await gateway.invocation(1)).words).toEqual([]);
    });

    it('two commands have two delivery ids', async () => {
      const { ana, gateway } = await setUp();
      await ana.type('/mcp');
      await ana.type('/mcp');
      const [first, second] = [await gateway.invocation(1), await gateway.invocation(2)];
      expect(first.deliveryId).not.toBe(second.deliveryId);
    });

    it('a reply shows its title, aside, cells, buttons and links to the person', async () => {
      const under = await setUp();
      const to = { actor: under.ana.actor, conversation: stored(await conversation(under)) };
      const delivery = await under.adapter.send(
        to,
        reply('MCP servers', {
          aside: '1 of 2 ready',
          lines: [
            { mark: 'ok', cells: ['files', '11 tools', 'no auth needed'] },
            { mark: 'attention', cells: ['linear', '', 'sign-in needed'], action: signIn },
          ],
          actions: [retry],
        }),
      );
      expect(stored(delivered(delivery))).toEqual(delivered(delivery));
      for (const text of ['MCP servers', '1 of 2 ready', '11 tools', 'no auth needed', 'sign-in needed'])
        await under.sees().toContain(text);
      for (const text of ['Sign in', LINK, 'Try again']) await under.sees().toContain(text);
    });

    it('a reply without a conversation reaches the private chat of the person', async () => {
      const { adapter, ana, sees } = await setUp();
      delivered(await adapter.send({ actor: ana.actor }, reply('linear was signed out by the provider')));
      await sees().toContain('linear was signed out by the provider');
    });

    it('an update shows the new text in place of the old one', async () => {
      const { adapter, ana, sees, replaces } = await setUp();
      const message = delivered(
        await adapter.send({ actor: ana.actor }, reply('Sign in to linear', { actions: [signIn] })),
      );
      await sees().toContain('Sign in to linear');
      const update = await adapter.update(stored(message), reply('linear connected'));
      expect(stored(delivered(update))).toEqual(delivered(update));
      await sees().toContain('linear connected');
      if (replaces !== false) await sees().not.toContain('Sign in to linear');
      if (replaces !== false) await sees().not.toContain(LINK);
    });

    it('a message can be updated many times, also through the reference that an update gave', async () => {
      const { adapter, ana, sees } = await setUp();
      let message = delivered(await adapter.send({ actor: ana.actor }, reply('0 of 3 connected')));
      for (const done of [1, 2, 3])
        message = delivered(await adapter.update(stored(message), reply(`${done} of 3 connected`)));
      await sees().toContain('3 of 3 connected');
    });

    it('updates of two messages do not mix them up', async () => {
      const { adapter, ana, sees } = await setUp();
      const linear = delivered(await adapter.send({ actor: ana.actor }, reply('linear: waiting')));
      const github = delivered(await adapter.send({ actor: ana.actor }, reply('github: waiting')));
      delivered(await adapter.update(linear, reply('linear: connected')));
      delivered(await adapter.update(github, reply('github: declined')));
      await sees().toContain('linear: connected');
      await sees().toContain('github: declined');
    });

    it('a message or conversation that it never made is gone, and nothing is shown', async () => {
      const { adapter, ana } = await setUp();
      const foreign: readonly MessageRef[] = [
        {},
        { process: 'another', message: 1 },
        { id: '1', chat: 7, nested: { deep: [null] } },
      ];
      for (const ref of foreign) {
        expect(await adapter.update(ref, reply('never shown'))).toEqual({ kind: 'gone' });
        expect(
          await adapter.send({ actor: ana.actor, conversation: ref }, reply('never shown')),
        ).not.toMatchObject({ kind: 'delivered' });
      }
      expect(await ana.sees()).not.toContain('never shown');
    });

    it('a person of another platform, or one who is not there, gets nothing', async () => {
      const { adapter, ana } = await setUp();
      const elsewhere: Actor = {
        ...ana.actor,
        platform: adapter.platform === 'telegram' ? 'slack' : 'telegram',
      };
      const absent: Actor = { ...ana.actor, userId: 'nobody-of-that-name', displayName: 'nobody' };
      for (const actor of [elsewhere, absent])
        expect(await adapter.send({ actor }, reply('for somebody else'))).not.toMatchObject({
          kind: 'delivered',
        });
      expect(await ana.sees()).not.toContain('for somebody else');
    });

    it('has a second person exactly where it says so', async () => {
      expect((await setUp()).ben === undefined).toBe(without.secondPerson === true);
    });

    if (without.secondPerson !== true)
      it('what one person is told, another does not see', async () => {
        const { adapter, ana, ben, sees } = await setUp();
        if (ben === undefined) throw new Error('There is no second person.');
        delivered(await adapter.send({ actor: ana.actor }, reply('only for ana')));
        delivered(await adapter.send({ actor: ben.actor }, reply('only for ben')));
        await sees(ana).toContain('only for ana');
        await sees(ben).toContain('only for ben');
        expect(await ana.sees()).not.toContain('only for ben');
        expect(await ben.sees()).not.toContain('only for ana');
      });

    it('pressing a command button is typing that command', async () => {
      const { adapter, ana, gateway, sees } = await setUp();
      const message = delivered(
        await adapter.send({ actor: ana.actor }, reply('linear: you declined', { actions: [retry] })),
      );
      await sees().toContain('Try again');
      await ana.press('Try again');
      const invocation = await gateway.invocation(1);
      expect(invocation.words).toEqual(['auth', 'linear']);
      expect(invocation.actor).toMatchObject({ platform: adapter.platform, userId: ana.actor.userId });
      expect(invocation.message).toBeDefined();
      delivered(await adapter.update(stored(invocation.message ?? message), reply('linear: one moment')));
      await sees().toContain('linear: one moment');
    });

    it('shows forms exactly where it says so', async () => {
      const { adapter } = await setUp();
      expect(adapter.forms === true).toBe(without.forms !== true);
    });

    if (without.forms !== true)
      it('a submitted form is its command with the fields, and the secret is not shown', async () => {
        const { ana, gateway, adapter, sees } = await setUp();
        if (ana.fill === undefined) throw new Error('Nobody can fill in its forms.');
        const line = { mark: 'attention', cells: ['weather', 'key needed'], action: addKey } as const;
        delivered(await adapter.send({ actor: ana.actor }, reply('', { lines: [line] })));
        await sees().toContain('Add key');
        await ana.fill('Add key', { WEATHER_KEY: 'sk-unseen-4711' });
        const invocation = await gateway.invocation(1);
        expect(invocation.words).toEqual(['auth', 'weather']);
        expect(invocation.fields).toEqual({ WEATHER_KEY: 'sk-unseen-4711' });
        expect(await ana.sees()).not.toContain('sk-unseen-4711');
      });

    it('names and provider texts are text: no markup, no mention, no control character (threat 18)', async () => {
      const { adapter, ana, sees } = await setUp();
      const hostile = '<b>bold</b> @everyone <!channel> *stars* [a](http://evil.example)';
      const controls = 'red\u001b[31m\u001b]0;title\u0007 \u0008\u009b2J end\u202etxt';
      delivered(
        await adapter.send(
          { actor: ana.actor },
          reply('notes', {
            lines: [{ cells: ['first\r\nsecond'] }, { cells: [hostile] }, { cells: [controls] }],
          }),
        ),
      );
      await sees().toContain(hostile);
      await sees().toContain('second');
      const seen = await ana.sees();
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      expect(seen).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202e]/);
    });

    it('an empty reply, a long one and one with empty cells are delivered all the same', async () => {
      const { adapter, ana, sees } = await setUp();
      delivered(await adapter.send({ actor: ana.actor }, reply('')));
      const lines = Array.from({ length: 40 }, (_, row) => ({ cells: [`server-${row}`, '', 'unreachable'] }));
      delivered(await adapter.send({ actor: ana.actor }, reply('', { lines })));
      await sees().toContain('server-39');
    });

    it('after stop nothing is delivered, nothing throws, and a second stop does nothing', async () => {
      const { adapter, ana } = await setUp();
      const message = delivered(await adapter.send({ actor: ana.actor }, reply('before')));
      await adapter.stop();
      await adapter.stop();
      expect(await adapter.send({ actor: ana.actor }, reply('after'))).toEqual({ kind: 'gone' });
      expect(await adapter.update(message, reply('after'))).toEqual({ kind: 'gone' });
    });
  });
}
