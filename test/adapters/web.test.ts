import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createWebAdapter } from '../../src/adapters/web/adapter.js';
import type { Actor } from '../../src/gateway/types.js';
import { chatAdapterContract, type Person, reply, scriptedGateway } from '../contracts/chat-adapter.js';
import { openedChats } from './web-opened.js';
import { hello, people, postJson, readEvents, serveAdapter, textOf } from './web-server.js';

/** A person at the other end of the routes, without a browser. */
function personAt(origin: string, name: string): Person {
  const cookie = `mcp_chat_person=${name}`;
  const submit = async (what: object): Promise<void> => {
    const posted = { as: name, delivery: randomUUID(), ...what };
    const { status } = await postJson(`${origin}/chat/messages`, posted, { cookie });
    expect(status).toBe(202);
  };
  const find = async (label: string) => {
    for (const message of (await hello(origin, cookie)).messages.toReversed()) {
      if (message.from === 'person') continue;
      const lines = message.reply.blocks.flatMap((block) =>
        block.kind === 'table' ? block.lines : [block.line],
      );
      const actions = [...lines.flatMap(({ action }) => action ?? []), ...message.reply.actions];
      const action = actions.find((one) => one.label === label);
      if (action !== undefined && action.kind !== 'link') return { message: message.id, words: action.words };
    }
    throw new Error(`There is no button ${label}.`);
  };
  return {
    actor: { platform: 'web', userId: name, displayName: name },
    type: (text) => submit({ text }),
    press: async (label) => submit(await find(label)),
    fill: async (label, fields) => submit({ ...(await find(label)), fields }),
    sees: async () => (await hello(origin, cookie)).messages.map(textOf).join('\n'),
  };
}

chatAdapterContract('the web chat, over its routes,', async (gateway) => {
  const adapter = createWebAdapter({ people });
  const { origin, close } = await serveAdapter(adapter, gateway);
  return { adapter, ana: personAt(origin, 'ana'), ben: personAt(origin, 'ben'), close };
});

const open = openedChats();

function actor(userId: string): Actor {
  return { platform: 'web', userId, displayName: userId };
}

const line = () => ({ as: 'ana', delivery: randomUUID(), text: '/mcp' });

describe('what stays in a conversation', () => {
  it('a message to someone who never opened the page waits for them', async () => {
    const { adapter, origin } = await open();
    expect(await adapter.send({ actor: actor('ben') }, reply('linear connected'))).toMatchObject({
      kind: 'delivered',
    });
    const { messages } = await hello(origin, 'mcp_chat_person=ben');
    expect(messages.map(textOf).join()).toContain('linear connected');
  });

  it('an update to a message from before a restart is kept and shown', async () => {
    const { adapter, origin } = await open();
    const message = { person: 'ana', id: 'from-another-process' };
    expect(await adapter.update(message, reply('linear connected'))).toEqual({ kind: 'delivered', message });
    expect((await hello(origin)).messages).toMatchObject([
      { id: message.id, updatedAtMs: expect.any(Number) },
    ]);
  });

  it('is the last two hundred messages', async () => {
    const { adapter, origin } = await open();
    for (let nth = 1; nth <= 205; nth += 1) await adapter.send({ actor: actor('ana') }, reply(`news ${nth}`));
    const { messages } = await hello(origin);
    expect(messages).toHaveLength(200);
    expect(messages[0]).toMatchObject({ reply: { title: 'news 6' } });
  });

  it('is dropped for who was silent longest, when five hundred others came', async () => {
    const { adapter, origin } = await open({
      people: Array.from({ length: 501 }, (_, nth) => ({ name: `p${nth}` })),
    });
    for (let nth = 0; nth <= 500; nth += 1) await adapter.send({ actor: actor(`p${nth}`) }, reply('hello'));
    expect((await hello(origin, 'mcp_chat_person=p0')).messages).toEqual([]);
    expect((await hello(origin, 'mcp_chat_person=p1')).messages).toHaveLength(1);
  });

  it('a typed line can be taken away by its own ref', async () => {
    const { adapter, origin, gateway } = await open();
    await postJson(`${origin}/chat/messages`, { ...line(), text: 'sk-pasted-4711' });
    const { typed = {}, message } = await gateway.invocation(1);
    expect(message).toBeUndefined();
    expect(typed).toEqual({ person: 'ana', id: expect.any(String) });
    expect(await adapter.remove?.(typed)).toBe(true);
    expect(await adapter.remove?.(typed)).toBe(false);
    expect((await hello(origin)).messages).toEqual([]);
  });

  it('the values of a form do not stay', async () => {
    const { origin } = await open();
    const form = { words: ['auth', 'x'], message: 'abcdef0123', fields: { KEY: 'sk-unseen-4711' } };
    await postJson(`${origin}/chat/messages`, { as: 'ana', delivery: randomUUID(), ...form });
    expect(JSON.stringify(await hello(origin))).not.toContain('sk-unseen');
  });
});

describe('the events of an open page', () => {
  it('say what is typed, what runs, what comes of it, and end when the chat stops', async () => {
    const gateway = scriptedGateway(async ({ actor: to, conversation }) => {
      await adapter.send({ actor: to, conversation }, reply('MCP servers'));
    });
    const { adapter, origin, close } = await open({ people }, gateway);
    const events = readEvents(await fetch(`${origin}/chat/events`));
    await postJson(`${origin}/chat/messages`, line());
    const types: string[] = [];
    while (types.filter((type) => type === 'working').length < 2)
      types.push((await events.next()).value?.type ?? '');
    expect(types).toEqual(['hello', 'beat', 'message', 'working', 'message', 'working']);
    await close();
    expect((await events.next()).done).toBe(true);
  });

  it('beat, so that a page can tell a dead connection from a silent one', async () => {
    const { origin } = await open({ people, heartbeatMs: 20 });
    const events = readEvents(await fetch(`${origin}/chat/events`));
    await events.next();
    for (const _ of [1, 2, 3]) expect((await events.next()).value).toEqual({ type: 'beat', everyMs: 20 });
    await events.return(undefined);
  });

  it('are refused to the two hundred and first page, and given again when one has left', async () => {
    const { origin } = await open();
    const pages = await Promise.all(Array.from({ length: 200 }, () => fetch(`${origin}/chat/events`)));
    expect((await fetch(`${origin}/chat/events`)).status).toBe(503);
    await pages[0]?.body?.cancel();
    await expect
      .poll(async () => {
        const { status, body } = await fetch(`${origin}/chat/events`);
        await body?.cancel();
        return status;
      })
      .toBe(200);
    for (const page of pages.slice(1)) await page.body?.cancel();
  });

  it('a gateway that fails ends the work all the same', async () => {
    const gateway = scriptedGateway(() => Promise.reject(new Error('broken')));
    const { origin } = await open({ people }, gateway);
    expect((await postJson(`${origin}/chat/messages`, line())).status).toBe(202);
    await expect.poll(async () => (await hello(origin)).working).toEqual([]);
  });
});

describe('the adapter', () => {
  it('is local, has forms, and knows the address of the page for its own people only', async () => {
    const adapter = createWebAdapter({ people, url: () => 'http://127.0.0.1:8788/chat' });
    expect(adapter.http).toMatchObject({ path: '/chat', audience: 'local' });
    expect(adapter.forms).toBe(true);
    expect(adapter.chatUrl?.({ actor: actor('ana') })).toBe('http://127.0.0.1:8788/chat');
    expect(adapter.chatUrl?.({ actor: { ...actor('ana'), platform: 'slack' } })).toBeUndefined();
  });

  it('answers 503 before it is started', async () => {
    const answer = await createWebAdapter().http?.handle(new Request('http://127.0.0.1/chat'));
    expect(answer?.status).toBe(503);
  });
});
