import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReturnOutcome } from '../../src/auth/sign-in/types.js';
import type { Verify, VerifyOutcome } from '../../src/auth/types.js';
import { failingStore } from '../helpers/failing-store.js';
import { createRig, httpServer, linkOf, type Rig } from '../helpers/sign-in-rig.js';

const GOOD = 'sk-live-0123456789abcdef9f3c';
const ANA = { subject: 'terminal:ana', server: 'search' };
const DOWN: VerifyOutcome = { kind: 'unreachable', failure: { code: 'timeout', detail: 'no answer' } };

let rig: Rig;
let may: boolean;
let verified: string[];
let outcomes: Map<string, VerifyOutcome>;
let whileChecking: () => Promise<unknown>;

const verify: Verify = async (_server, _subject, access) => {
  const key = access.kind === 'keys' ? (access.values.SEARCH_KEY ?? '') : '';
  verified.push(key);
  await whileChecking();
  return outcomes.get(key) ?? { kind: 'refused' };
};

beforeEach(async () => {
  may = true;
  verified = [];
  whileChecking = async () => undefined;
  outcomes = new Map<string, VerifyOutcome>([[GOOD, { kind: 'works', tools: 4, proven: true }]]);
  const search = httpServer('search', 'https://search.example/mcp', { keys: [{ name: 'SEARCH_KEY' }] });
  rig = await createRig({ servers: [search], verify, mayHold: () => may });
});

afterEach(() => rig.close());

async function form(more: { confirmAlways?: boolean } = {}) {
  const link = linkOf(await rig.signIns.beginKeyForm(rig.request('search', ANA.subject, more)));
  const browser = rig.signIns.keyFormBrowser(link.id);
  const submit = (key: string, cookie: string | undefined = browser): Promise<ReturnOutcome> =>
    rig.signIns.submitKeys(link.id, rig.signIns.pageToken(link.id), { SEARCH_KEY: key }, cookie);
  const withoutCookie = (key: string) =>
    rig.signIns.submitKeys(link.id, rig.signIns.pageToken(link.id), { SEARCH_KEY: key }, undefined);
  return { link, browser, submit, withoutCookie };
}

const digitsOf = (outcome: ReturnOutcome): string => (outcome.kind === 'code' ? outcome.digits : '');

describe('the key form', () => {
  it('asks for the missing names, at a link of its own', async () => {
    const { link } = await form();
    expect(link.url).toMatch(/^http:\/\/127\.0\.0\.1:8787\/key\/[\w-]{43}$/);
    expect(link.url).not.toContain(link.id);
    expect(link.host).toBe('search.example');
    expect(await rig.signIns.look(link.id)).toMatchObject({
      kind: 'pending',
      method: 'key-form',
      fields: ['SEARCH_KEY'],
    });
    expect(await rig.signIns.press(link.id, rig.signIns.pageToken(link.id))).toMatchObject({ kind: 'state' });
  });

  it('ends connected with an accepted key, which is shown masked, and is used then', async () => {
    const { submit } = await form();
    expect(await submit(GOOD)).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'connected', tools: 4, unproven: false, masked: { SEARCH_KEY: 'sk-…9f3c' } } },
    });
    expect(await submit(GOOD)).toMatchObject({ kind: 'used' });
    expect(await rig.apiKeys.values(rig.request('search').server, ANA.subject)).toEqual({ SEARCH_KEY: GOOD });
  });

  it('says that an accepted key is unproven where the server does not look at it', async () => {
    outcomes.set(GOOD, { kind: 'works', tools: 4, proven: false });
    expect(await (await form()).submit(GOOD)).toMatchObject({ state: { result: { unproven: true } } });
  });

  it('takes five refused keys, and no more; what was stored stays', async () => {
    await rig.apiKeys.submit(rig.request('search').server, ANA.subject, { SEARCH_KEY: GOOD });
    const { submit } = await form();
    for (const triesLeft of [4, 3, 2, 1])
      expect(await submit('wrong')).toMatchObject({ kind: 'again', why: 'refused', triesLeft });
    expect(await submit('wrong')).toMatchObject({
      kind: 'ended',
      state: { result: { kind: 'failed', failure: { code: 'credential-refused' } } },
    });
    expect(await submit(GOOD)).toMatchObject({ kind: 'used' });
    expect(await rig.credentials.get(ANA)).toMatchObject({ values: { SEARCH_KEY: GOOD } });
  });

  it('counts neither what is malformed nor what could not be checked', async () => {
    outcomes.set('unlucky', DOWN);
    const { submit } = await form();
    expect(await submit('two\nlines')).toMatchObject({ kind: 'again', why: 'malformed', triesLeft: 5 });
    expect(verified).toEqual([]);
    expect(await submit('unlucky')).toMatchObject({ kind: 'again', why: 'unreachable', triesLeft: 5 });
    expect(await rig.credentials.get(ANA)).toBeUndefined();
  });

  it('refuses a post without the token of its page', async () => {
    const { link, browser } = await form();
    const other = await form();
    for (const token of ['', rig.signIns.pageToken(other.link.id)]) {
      const posted = rig.signIns.submitKeys(link.id, token, { SEARCH_KEY: GOOD }, browser);
      expect(await posted).toEqual({ kind: 'bad-request' });
    }
    expect(verified).toEqual([]);
  });

  it('is expired after its lifetime, and cancelled when it is cancelled', async () => {
    const cancelled = await form();
    await rig.signIns.cancel(ANA.subject, 'search');
    expect(await cancelled.submit(GOOD)).toMatchObject({ state: { result: { kind: 'cancelled' } } });
    const late = await form();
    rig.advance(600_001);
    expect(await late.submit(GOOD)).toMatchObject({ state: { result: { kind: 'expired' } } });
    expect(verified).toEqual([]);
  });

  it.each([
    ['expires', async () => rig.advance(600_001)],
    ['is cancelled', async () => expect(await rig.signIns.cancel(ANA.subject)).toEqual([])],
    ['is replaced', form],
  ])('has kept the key, though the store did not take that it had: then it %s', async (_how, later) => {
    const { store } = rig;
    const unwritten = failingStore(store, (operation, name) => operation === 'set' && name === 'ended');
    const servers = [...rig.servers.values()];
    const unlucky = await createRig({ servers, verify, shared: { ...rig, store: unwritten } });
    const { link, browser } = await form();
    const posted = [link.id, rig.signIns.pageToken(link.id), { SEARCH_KEY: GOOD }, browser] as const;
    expect(await unlucky.signIns.submitKeys(...posted)).toMatchObject({
      state: { result: { kind: 'connected', tools: 4 } },
    });
    await unlucky.close();
    await later();
    await rig.signIns.sweep();
    expect(await rig.signIns.look(link.id)).toMatchObject({
      result: { kind: 'connected', interrupted: true, unproven: false, masked: { SEARCH_KEY: 'sk-…9f3c' } },
    });
    expect(await rig.credentials.get(ANA)).toMatchObject({ values: { SEARCH_KEY: GOOD } });
  });

  it('keeps nothing when it was cancelled while the key was being checked', async () => {
    const { submit } = await form();
    whileChecking = () => rig.signIns.cancel(ANA.subject);
    expect(await submit(GOOD)).toMatchObject({ kind: 'ended', state: { result: { kind: 'cancelled' } } });
    expect(verified).toEqual([GOOD]);
    expect(await rig.credentials.get(ANA)).toBeUndefined();
  });

  it('takes no key from who lost access since: it is not even tried', async () => {
    const { submit } = await form();
    may = false;
    expect(await submit(GOOD)).toMatchObject({ kind: 'ended', state: { result: { kind: 'cancelled' } } });
    expect(verified).toEqual([]);
  });

  it('is not offered where there is no key to ask for', async () => {
    rig.servers.set('open', httpServer('open', 'https://open.example/mcp'));
    expect(await rig.signIns.beginKeyForm(rig.request('open'))).toMatchObject({
      failure: { code: 'internal' },
    });
  });
});

describe('a key from a browser that never saw the form', () => {
  it('is used for nothing until its digits are given in the chat', async () => {
    const { link, withoutCookie } = await form();
    const outcome = await withoutCookie(GOOD);
    expect(outcome).toMatchObject({ kind: 'code', state: { kind: 'waiting-for-code' } });
    expect(verified).toEqual([]);
    expect(await rig.credentials.get(ANA)).toBeUndefined();
    expect(await rig.signIns.confirm('terminal:ben', digitsOf(outcome))).toEqual({ kind: 'nothing-waiting' });
    expect(await rig.signIns.confirm(ANA.subject, digitsOf(outcome))).toMatchObject({
      kind: 'ended',
      state: { id: link.id, result: { kind: 'connected', tools: 4, masked: { SEARCH_KEY: 'sk-…9f3c' } } },
    });
    expect(verified).toEqual([GOOD]);
  });

  it('asks for the digits with the cookie of another form, and always where so configured', async () => {
    const other = await form();
    const { submit } = await form();
    expect(await submit(GOOD, other.browser)).toMatchObject({ kind: 'code' });
    const always = await form({ confirmAlways: true });
    expect(await always.submit(GOOD)).toMatchObject({ kind: 'code' });
    expect(verified).toEqual([]);
  });

  it('that the server refuses after the digits ends the sign-in, and the old key stays', async () => {
    await rig.apiKeys.submit(rig.request('search').server, ANA.subject, { SEARCH_KEY: GOOD });
    const outcome = await (await form()).withoutCookie('wrong');
    expect(await rig.signIns.confirm(ANA.subject, digitsOf(outcome))).toMatchObject({
      state: { result: { kind: 'failed', failure: { code: 'credential-refused' } } },
    });
    expect(await rig.credentials.get(ANA)).toMatchObject({ values: { SEARCH_KEY: GOOD } });
  });
});
