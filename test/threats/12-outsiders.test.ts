import { describe, expect, it } from 'vitest';
import { postJson } from '../adapters/web-server.js';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import type { WebVisitor } from '../helpers/web-visitor.js';
import { useScene } from './scene.js';

const scene = useScene();

const EVERY_COMMAND = [
  '/mcp',
  '/mcp status files',
  '/mcp auth',
  '/mcp auth files',
  '/mcp confirm 482913',
  '/mcp cancel',
  '/mcp logout files yes',
  '/mcp test files',
  '/mcp tools files',
  '/mcp users',
  '/mcp users files',
  '/mcp reload',
  '/mcp help',
  '/mcp fils',
  'anything at all',
];

/** Vic may use the gateway, Zoe runs it, Mallory may nothing. */
const people = {
  access: { users: ['web:vic'], admins: ['web:zoe'] },
  platforms: { web: { people: ['mallory', 'vic', 'zoe'] } },
};

/** What the web chat's completion offers this person. */
async function offered(gateway: RunningGateway, person: string, words: readonly string[]) {
  const picked = await postJson(`${gateway.localUrl}/chat/person`, { person });
  const cookie = picked.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const answer = await postJson(`${gateway.localUrl}/chat/complete`, { words }, { cookie });
  return ((await answer.json()) as { readonly completions: readonly string[] }).completions;
}

async function saysAll(visitor: WebVisitor, lines: readonly string[]): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const line of lines) answers.push((await visitor.say(line)).text);
  return answers;
}

describe('threat 12: an outsider types /mcp', () => {
  it('whatever they type, they hear that they may not, and their own id: nothing of servers, people or commands', async () => {
    const gateway = await scene.gateway(people);
    const mallory = await gateway.visitor('mallory');
    const vic = await gateway.visitor('vic');
    await vic.say('/mcp auth files');
    for (const answer of await saysAll(mallory, EVERY_COMMAND)) {
      expect(answer).toContain('You may not use this gateway yet');
      expect(answer).toContain('web:mallory');
    }
    expect(mallory.messages.flatMap(({ actions }) => actions)).toEqual([]);
    expect(mallory.everything).not.toMatch(/files|vic|zoe|127\.0\.0\.1|sign in|connect/i);
    expect(scene.files.counts.passed).toBe(0);
    expect(await (await gateway.store()).records('pending').keys()).toHaveLength(1);
  });

  it('completion offers them nothing, and what it offers a member is no admin’s', async () => {
    const gateway = await scene.gateway(people);
    expect(await offered(gateway, 'mallory', [''])).toEqual([]);
    expect(await offered(gateway, 'mallory', ['auth', ''])).toEqual([]);
    expect(await offered(gateway, 'vic', ['auth', ''])).toEqual(['files']);
    expect(await offered(gateway, 'vic', [''])).not.toContain('users');
    expect(await offered(gateway, 'zoe', [''])).toContain('users');
  });

  it('the button of a message that they made up is what they could have typed', async () => {
    const gateway = await scene.gateway(people);
    const mallory = await gateway.visitor('mallory');
    const picked = await postJson(`${gateway.localUrl}/chat/person`, { person: 'mallory' });
    const cookie = picked.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const press = { as: 'mallory', delivery: 'delivery-1', words: ['auth', 'files'], message: 'message-1' };
    expect((await postJson(`${gateway.localUrl}/chat/messages`, press, { cookie })).status).toBe(202);
    await mallory.untilSays('You may not use this gateway yet');
    expect(await (await gateway.store()).records('pending').keys()).toEqual([]);
  });

  it('with nobody listed, nobody may', async () => {
    const gateway = await scene.gateway({ ...people, access: {} });
    for (const person of ['mallory', 'vic', 'zoe'])
      expect((await (await gateway.visitor(person)).say('/mcp')).text).toContain(
        'You may not use this gateway',
      );
  });
});

describe('threat 12: a member types a command for admins', () => {
  it('in whatever spelling, they hear whose it is, and nothing comes of it', async () => {
    const gateway = await scene.gateway(people);
    const vic = await gateway.visitor('vic');
    const lines = ['/mcp users', '/mcp USERS files', '/mcp reload', '  /MCP   Reload  '];
    for (const answer of await saysAll(vic, lines)) expect(answer).toContain('Only an admin of this gateway');
    expect(vic.everything).not.toMatch(/zoe|mallory|reloaded/i);
    expect((await (await gateway.visitor('zoe')).say('/mcp users')).text).not.toContain('Only an admin');
  });

  it('they begin no sign-in for everybody', async () => {
    const shared = { url: scene.files.url, auth: 'oauth', credentials: 'shared' };
    const gateway = await scene.gateway({ ...people, mcp_servers: { files: shared } });
    const vic = await gateway.visitor('vic');
    const answer = await vic.say('/mcp auth files');
    expect(answer.links).toEqual([]);
    expect(await (await gateway.store()).records('pending').keys()).toEqual([]);
    const link = (await (await gateway.visitor('zoe')).say('/mcp auth files')).link;
    expect((await pressConnect(link)).location).toContain(scene.provider.issuer);
  });
});

describe('threat 12: somebody was let go while their sign-in was under way', () => {
  it.each([
    ['a member', 'vic', 'personal', { users: [], admins: ['web:zoe'] }],
    ['an admin, who signed in for everybody', 'zoe', 'shared', { users: ['web:zoe'], admins: ['web:vic'] }],
  ])('%s: what they come back with is not even redeemed', async (_who, person, credentials, access) => {
    const words = {
      ...people,
      mcp_servers: { files: { url: scene.files.url, auth: 'oauth', credentials } },
    };
    const before = await scene.gateway(words);
    const { link } = await (await before.visitor(person)).say('/mcp auth files');
    const { location, cookies } = await pressConnect(link);
    const callback = await consent(location, { login: person });
    await before.stop();
    const after = await scene.gateway(
      { ...words, access },
      {
        stateFolder: before.stateFolder,
        listen: { public: new URL(before.url).host, local: new URL(before.localUrl).host },
      },
    );
    const page = await comeBack(callback, cookies);
    expect(page.text).toContain('cancelled');
    expect(scene.provider.counts.token).toBe(0);
    expect(await (await after.store()).records('credentials').keys()).toEqual([]);
  });
});
