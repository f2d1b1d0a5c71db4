import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Route, type RouterView, route } from '../../src/gateway/words/command-router.js';
import { completions } from '../../src/gateway/words/completion.js';
import { looksSecret, nearest } from '../../src/gateway/words/likeness.js';
import { fuzzing } from '../helpers/fuzzing.js';

const servers = ['linear', 'GitHub', 'files', 'page', '2', 'production-search-2024-europe'];
const user: RouterView = { role: 'user', servers, keyed: new Set(['GitHub']) };
const admin: RouterView = { ...user, role: 'admin' };
const KEY = 'sk-proj-4f9A8sd7f6A5d4f3s2d1F0';

const say = (line: string, view: RouterView = user): Route => route(line.split(' '), view);
function call(line: string, view: RouterView = user) {
  const found = say(line, view);
  if (found.kind !== 'run') throw new Error(`${line}: ${found.kind}`);
  return found.call;
}

describe('words become commands', () => {
  it.each([
    ['', 'status'],
    ['list', 'status'],
    ['STATUS', 'status'],
    ['login', 'auth'],
    ['  Auth ', 'auth'],
    ['help', 'help'],
  ])('“%s” is %s', (line, command) => {
    expect(call(line).command).toBe(command);
  });

  it('server names are found in any case, each once, as configured', () => {
    expect(call('auth LINEAR github linear').servers).toEqual(['linear', 'GitHub']);
  });

  it('pages: “page 2” after a word, the bare number after a server', () => {
    expect(call('status page 3')).toMatchObject({ servers: [], page: 3 });
    expect(call('users linear page 2', admin)).toMatchObject({ servers: ['linear'], page: 2 });
    expect(call('tools linear 4')).toMatchObject({ servers: ['linear'], page: 4 });
  });

  it('servers that are called “page” or “2” stay servers', () => {
    expect(call('status page')).toMatchObject({ servers: ['page'], page: 1 });
    expect(call('status 2')).toMatchObject({ servers: ['2'], page: 1 });
    expect(call('tools 2 5')).toMatchObject({ servers: ['2'], page: 5 });
  });

  it.each(['482913', '482 913', '482-913'])('the code may be typed as %s', (digits) => {
    expect(call(`confirm ${digits}`).digits).toBe('482913');
  });

  it('the code may come from a form', () => {
    const found = route(['confirm'], user, { digits: ' 482 913 ' });
    expect(found).toMatchObject({ kind: 'run', call: { digits: '482913' } });
  });

  it('logout is only sure with “yes”', () => {
    expect(call('logout linear').sure).toBe(false);
    expect(call('logout linear YES').sure).toBe(true);
  });
});

describe('words that are no command', () => {
  it.each([
    ['atuh', ['auth']],
    ['stauts', ['status']],
    ['lineer', ['status', 'linear']],
    ['linear', ['status', 'linear']],
    ['to', ['tools']],
  ])('“%s”: did you mean %j?', (line, meant) => {
    expect(say(line)).toMatchObject({ kind: 'unknown', meant });
  });

  it('the nearest server stands behind the command and the servers before it', () => {
    expect(say('auth linear gihub')).toMatchObject({
      kind: 'unknown-server',
      said: 'gihub',
      meant: ['auth', 'linear', 'GitHub'],
    });
  });

  it('nothing far away is suggested', () => {
    const found = say('weather');
    expect(found).toEqual({ kind: 'unknown', said: 'weather' });
  });

  it('a user is not led to an admin’s command, and cannot run it', () => {
    expect(say('user')).toEqual({ kind: 'unknown', said: 'user' });
    expect(say('reload')).toEqual({ kind: 'admins-only' });
    expect(say('user', admin)).toMatchObject({ meant: ['users'] });
    expect(call('reload', admin).command).toBe('reload');
  });

  it('a key after an admin’s command is a key, whoever typed it; an account’s id is none', () => {
    expect(say('users sk-live-7f3a9c1e5b2d8f406a')).toEqual({ kind: 'pasted-secret' });
    expect(say('reload sk-live-7f3a9c1e5b2d8f406a')).toEqual({ kind: 'pasted-secret' });
    expect(say('users slack:T0G9PQBBK/U023BECGF5A7')).toEqual({ kind: 'admins-only' });
  });

  it('a missing or superfluous word is named with what to type instead', () => {
    expect(say('logout')).toMatchObject({ kind: 'missing-server', command: { name: 'logout' } });
    expect(say('test linear files')).toMatchObject({ kind: 'too-many-words', instead: ['test', 'linear'] });
    expect(say('help linear')).toMatchObject({ kind: 'too-many-words', instead: ['help'] });
    expect(say('status page two')).toMatchObject({ kind: 'bad-page', instead: ['status'] });
    expect(say('tools linear 0')).toMatchObject({ kind: 'bad-page', instead: ['tools', 'linear'] });
    expect(say('confirm 12345')).toEqual({ kind: 'bad-digits' });
    expect(say('confirm')).toEqual({ kind: 'bad-digits' });
  });
});

describe('a pasted key', () => {
  it.each([`auth GitHub ${KEY}`, 'auth github hunter2hunter', `auth linear GitHub ${KEY}`])(
    '“%s” is not used and knows its server',
    (line) => {
      expect(say(line)).toEqual({ kind: 'pasted-secret', server: 'GitHub' });
    },
  );

  it.each([KEY, `auth ${KEY}`, `confirm ${KEY}`, `help ${KEY}`, `key ${KEY}`, `logout ${KEY}`])(
    'is never taken for a word: %s',
    (line) => {
      const found = say(line);
      expect(JSON.stringify(found)).not.toContain(KEY);
    },
  );

  it('a slip in a long server name is no secret', () => {
    expect(say('status production-serch-2024-europe')).toMatchObject({
      kind: 'unknown-server',
      meant: ['status', 'production-search-2024-europe'],
    });
  });

  it('no route repeats a word that looks like a secret', () => {
    const secret = fc.base64String({ minLength: 20, maxLength: 80 }).filter(looksSecret);
    const words = fc.array(fc.oneof(fc.constantFrom('auth', 'github', 'status', 'tools', '1'), secret), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(words, (typed) => {
        const found = JSON.stringify(route(typed, user));
        for (const word of typed) if (looksSecret(word)) expect(found).not.toContain(word);
      }),
      fuzzing('router: secrets', 100),
    );
  });
});

describe('likeness', () => {
  it.each([KEY, 'ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'xoxb-1234567890-abcdef', 'aB3dE5gH7jK9mN1pQ3'])(
    '%s looks like a secret',
    (word) => {
      expect(looksSecret(word)).toBe(true);
    },
  );

  it.each(['linear', 'github', 'my-search-server', 'skywalker', 'production', 'pkgserver'])(
    '%s does not',
    (word) => {
      expect(looksSecret(word)).toBe(false);
    },
  );

  it('short words need a close match', () => {
    expect(nearest('x', ['auth', 'help'])).toBeUndefined();
    expect(nearest('mail', ['auth', 'help'])).toBeUndefined();
    expect(nearest('hlep', ['auth', 'help'])).toBe('help');
    expect(nearest('halp', ['auth', 'help'])).toBe('help');
  });

  it('any words are routed without an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 6 }), (typed) => {
        expect(route(typed, admin).kind).toBeTypeOf('string');
      }),
      fuzzing('router: any words', 100),
    );
  });
});

describe('completion', () => {
  it('offers the commands that this person may run, then servers', () => {
    expect(completions([''], 'user', servers)).not.toContain('users');
    expect(completions(['u'], 'admin', servers)).toEqual(['users']);
    expect(completions(['lo'], 'user', servers)).toEqual(['logout']);
    expect(completions(['log', 'x'], 'user', servers)).toEqual([]);
    expect(completions(['login', 'g'], 'user', servers)).toEqual(['GitHub']);
    expect(completions(['auth', 'linear', ''], 'user', servers)).toEqual(
      servers.filter((one) => one !== 'linear'),
    );
    expect(completions(['logout', 'linear', ''], 'user', servers)).toEqual([]);
    expect(completions(['users', ''], 'user', servers)).toEqual([]);
  });
});
