import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Actor } from '../../src/gateway/types.js';
import { scriptedGateway } from '../contracts/chat-adapter.js';
import { openedChats } from './web-opened.js';
import { hello, people, postJson } from './web-server.js';

const open = openedChats();
const line = () => ({ as: 'ana', delivery: randomUUID(), text: '/mcp' });

describe('the routes below /chat', () => {
  it('the page, script and style are never kept, sniffed, framed or given a referrer; nothing runs inline', async () => {
    const { origin } = await open();
    for (const path of ['/chat', '/chat/chat.js', '/chat/chat.css', '/chat/messages.css', '/chat/none.js']) {
      const { headers } = await fetch(origin + path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(policy).not.toContain('unsafe');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });

  it('the page says that it is local and one process, and every file that it names is there', async () => {
    const { origin } = await open();
    const page = await (await fetch(`${origin}/chat`)).text();
    expect(page).toContain('Local chat in one process');
    expect(page).not.toMatch(/<script(?! type="module" src=)|<style|\son\w+=|\sstyle=/);
    const named = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1] ?? '');
    const script = await (await fetch(`${origin}/chat/chat.js`)).text();
    const imported = [...script.matchAll(/from '\.(\/[^']+)'/g)].map((match) => `/chat${match[1]}`);
    expect(named.length + imported.length).toBeGreaterThan(7);
    for (const path of [...named, ...imported])
      expect([path, (await fetch(origin + path)).status]).toEqual([path, 200]);
  });

  it('names from the config are text on the page', async () => {
    const hostile = { name: 'eve', displayName: '"><script>alert(1)</script>' };
    const { origin } = await open({ people: [...people, hostile] });
    expect(await (await fetch(`${origin}/chat`)).text()).not.toContain('<script>alert');
  });

  it.each(['/chat/adapter.js', '/chat/..%2fadapter.js', '/chat/__proto__', '/chat/chat.js/x'])(
    'there is no %s',
    async (path) => {
      const { origin } = await open();
      expect((await fetch(origin + path)).status).toBe(404);
    },
  );

  it('a post that another site could make is refused, and nothing runs', async () => {
    const { origin, gateway } = await open();
    const url = `${origin}/chat/messages`;
    const refused = [
      postJson(url, line(), { 'x-mcp-chat': '' }),
      postJson(url, line(), { 'content-type': 'text/plain' }),
      postJson(url, line(), { origin: 'http://evil.example' }),
      postJson(url, line(), { origin: 'null' }),
      postJson(url, line(), { 'sec-fetch-site': 'cross-site' }),
      postJson(url, line(), { 'sec-fetch-site': 'same-site' }),
    ];
    for (const answer of await Promise.all(refused)) expect(answer.status).toBe(403);
    const person = { person: 'ben' };
    expect((await postJson(`${origin}/chat/person`, person, { origin: 'http://evil.example' })).status).toBe(
      403,
    );
    expect(
      (await fetch(`${origin}/chat/events`, { headers: { 'sec-fetch-site': 'same-site' } })).status,
    ).toBe(403);
    expect(gateway.invocations).toEqual([]);
  });

  it('what cannot be read is answered 400, and what is too long 413', async () => {
    const { origin, gateway } = await open();
    const url = `${origin}/chat/messages`;
    for (const body of ['{', '[]', '{}', { ...line(), text: 7 }])
      expect((await postJson(url, body)).status).toBe(400);
    expect((await postJson(url, { ...line(), text: 'x'.repeat(100_000) })).status).toBe(413);
    expect(gateway.invocations).toEqual([]);
  });

  it('a request that is sent twice runs once and shows once', async () => {
    const { origin, gateway } = await open();
    const same = line();
    for (const _ of [1, 2]) expect((await postJson(`${origin}/chat/messages`, same)).status).toBe(202);
    expect(gateway.invocations).toHaveLength(1);
    expect((await hello(origin)).messages).toHaveLength(1);
  });

  it('a page that shows another person than the cookie names is told so, and nothing runs', async () => {
    const { origin, gateway } = await open();
    const cookie = 'mcp_chat_person=ben';
    expect((await postJson(`${origin}/chat/messages`, line(), { cookie })).status).toBe(409);
    expect(gateway.invocations).toEqual([]);
  });

  it('completes words for the person, bounded', async () => {
    const many = Array.from({ length: 50 }, (_, index) => `server-${index}`);
    const gateway = { ...scriptedGateway(), complete: async (who: Actor) => [who.userId, ...many] };
    const { origin } = await open({ people }, gateway);
    const answer = await postJson(
      `${origin}/chat/complete`,
      { words: ['auth', ''] },
      { cookie: 'mcp_chat_person=ben' },
    );
    const { completions } = (await answer.json()) as { completions: string[] };
    expect(completions[0]).toBe('ben');
    expect(completions).toHaveLength(20);
    expect((await postJson(`${origin}/chat/complete`, { words: 'auth' })).status).toBe(400);
  });

  it('a gateway that cannot complete is said so without its error', async () => {
    const broken = { ...scriptedGateway(), complete: () => Promise.reject(new Error('sk-secret')) };
    const { origin } = await open({ people }, broken);
    const answer = await postJson(`${origin}/chat/complete`, { words: [''] });
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('sk-secret');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('who is at the browser', () => {
  it('with listed people it is the first, or the one picked, kept in a cookie that no script reads', async () => {
    const { origin } = await open();
    expect((await hello(origin)).you).toEqual({ person: 'ana', name: 'Ana', note: 'admin' });
    const picked = await postJson(`${origin}/chat/person`, { person: 'ben' });
    const cookie = picked.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/; Path=\/chat; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    expect((await hello(origin, cookie.split(';')[0])).you.person).toBe('ben');
    expect((await postJson(`${origin}/chat/person`, { person: 'mallory' })).status).toBe(404);
    expect((await hello(origin, 'mcp_chat_person=mallory')).you.person).toBe('ana');
  });

  it('without, each browser profile is a person of its own, the same one after a restart', async () => {
    const first = await open({});
    const response = await fetch(`${first.origin}/chat/events`);
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    await response.body?.cancel();
    const { person } = (await hello(first.origin, cookie)).you;
    expect(person).toMatch(/^[0-9a-f]{32}$/);
    expect((await hello(first.origin)).you.person).not.toBe(person);
    expect((await hello((await open({})).origin, cookie)).you.person).toBe(person);
  });

  it('the id that others may read is not the cookie that proves it', async () => {
    const { origin, gateway } = await open({});
    const response = await fetch(`${origin}/chat/events`);
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    await response.body?.cancel();
    const { person } = (await hello(origin, cookie)).you;
    expect(cookie).not.toContain(person);
    for (const guessed of [`mcp_chat_profile=${person}`, `mcp_chat_profile=${person.slice(0, 22)}`, '']) {
      const answer = await postJson(
        `${origin}/chat/messages`,
        { ...line(), as: person },
        { cookie: guessed },
      );
      expect(answer.status).toBe(409);
    }
    expect(gateway.invocations).toEqual([]);
  });

  it('a page opened from a foreign link keeps the person: only the events set a cookie', async () => {
    const { origin } = await open({});
    expect((await fetch(`${origin}/chat`)).headers.get('set-cookie')).toBeNull();
  });
});
