import { describe, expect, it } from 'vitest';
import { Clock } from '../helpers/clock.js';
import { ana, ben, eve, setUp } from '../helpers/gateway-setup.js';
import { oauthServer } from '../helpers/memory-auth.js';
import { actionsOf, replyOf } from '../helpers/recording-adapter.js';

const linear = oauthServer('linear');
const notes = oauthServer('notes');
const CODE = 'SplxlOBeZQQYbYS6WxSbIA';
const ADDRESS = `http://127.0.0.1:8787/oauth/callback?code=${CODE}&state=af0ifjsldkj`;
const WITHOUT = { settings: {} };

async function asked(options: Parameters<typeof setUp>[1] = {}) {
  const scene = await setUp([linear, notes], { ...WITHOUT, ...options });
  scene.signIns.ways.set('linear', { paste: true });
  await scene.say('auth linear');
  return scene;
}

describe('a sign-in whose last page does not open', () => {
  it('says so beforehand, and what to do, where words are heard', async () => {
    const { adapter, signIns } = await asked({ hears: true });
    expect(adapter.text).toMatchInlineSnapshot(`
      "● linear — sign in at auth.linear.example [Sign in]
        The link works for 10 minutes.
        The page at the end will not open. Copy its address and send it to me here.
      [Paste the address] [Cancel]"
    `);
    expect(signIns.requests).toMatchObject([{ browser: 'elsewhere', listed: true }]);
  });

  it('asks by its form alone where words are not heard', async () => {
    const { adapter } = await asked();
    expect(adapter.text).toContain('give it with the button “Paste the address”.');
    const form = actionsOf(replyOf(adapter.last)).find(({ kind }) => kind === 'form');
    expect(form).toMatchObject({ words: ['confirm'], fields: [{ name: 'address', secret: true }] });
  });

  it('needs no button where words are heard and there are no forms', async () => {
    const { adapter } = await asked({ hears: true, forms: false });
    expect(adapter.text).toContain('[Cancel]');
    expect(adapter.text).not.toContain('[Paste the address]');
  });

  it('is told for each of several, and beside links of the other kind', async () => {
    const { adapter, signIns, say } = await setUp([linear, notes, oauthServer('third')], { hears: true });
    signIns.ways.set('linear', { paste: true }).set('notes', { paste: true });
    await say('auth linear notes third');
    expect(adapter.text).toContain('The link works for 10 minutes. It opens a page of this gateway.');
    expect(adapter.text).toContain('Copy the address of each and send it to me here.');
  });

  it('asks for nothing of a browser on this machine', async () => {
    const { signIns, say } = await setUp([linear], { local: true });
    await say('auth linear');
    expect(signIns.requests).toMatchObject([{ browser: 'here' }]);
  });

  it('tells where anyone may use the gateway', async () => {
    const { signIns, say } = await setUp([linear], { settings: { access: { users: '*', admins: [] } } });
    await say('auth linear');
    expect(signIns.requests).toMatchObject([{ listed: false, confirmAlways: true }]);
  });
});

describe('the address', () => {
  const connect = (scene: Awaited<ReturnType<typeof asked>>) => async () => {
    const state = await scene.signIns.end(scene.signIns.idOf('linear'), { kind: 'connected', tools: 3 });
    scene.signIns.pastes.set(ADDRESS, { kind: 'ended', state });
  };

  it.each([
    ['alone', ADDRESS],
    ['with words around it', `here it is: ${ADDRESS}`],
    ['after the command', `confirm ${ADDRESS}`],
    ['after a command that it does not belong to', `auth linear ${ADDRESS}`],
  ])('is taken %s, from who said it, and its message goes', async (_how, line) => {
    const scene = await asked({ hears: true, remove: true });
    await connect(scene)();
    await scene.adapter.type(ana, line, { typed: { chat: 'ana', id: 5 } });
    expect(scene.signIns.pasted).toEqual([{ startedBy: 'web:ana', address: ADDRESS }]);
    expect(scene.adapter.removed).toEqual([{ chat: 'ana', id: 5 }]);
    expect(scene.adapter.text).toBe('✓ linear connected · 3 tools');
    expect(scene.adapter.everything + JSON.stringify(scene.log.lines)).not.toContain(CODE);
  });

  it.each([
    ['without its end', `http://127.0.0.1:8787/oauth/callback?code=${CODE}`],
    ['without its scheme and its end', `localhost:8787/oauth/callback?code=${CODE}&sta`],
    ['with state alone', `http://[::1]:8787/callback?state=${CODE}`],
  ])('of which only a part was copied (%s) is taken away as well, and said to be one', async (_how, part) => {
    const scene = await asked({ hears: true, remove: true });
    scene.signIns.pastes.set(part, { kind: 'no-address' });
    await scene.adapter.type(ana, part, { typed: { chat: 'ana', id: 5 } });
    expect(scene.adapter.removed).toEqual([{ chat: 'ana', id: 5 }]);
    expect(scene.adapter.text).toContain('That is not the address of the last page');
    expect(scene.adapter.text).toContain('Copy it whole.');
    expect(scene.adapter.everything + JSON.stringify(scene.log.lines)).not.toContain(CODE);
  });

  it('is taken by its form, and the message of the sign-in says what came of it', async () => {
    const scene = await asked();
    await connect(scene)();
    await scene.adapter.fill(ana, 'Paste the address', { address: ADDRESS });
    expect(scene.adapter.messages).toHaveLength(1);
    expect(scene.adapter.text).toBe('✓ linear connected · 3 tools');
  });

  it('says so where its message could not be taken away', async () => {
    const scene = await asked({ hears: true, remove: false });
    await connect(scene)();
    await scene.adapter.type(ana, ADDRESS, { typed: { chat: 'ana', id: 5 } });
    expect(scene.adapter.text).toContain('Your message with the address could not be deleted');
  });

  it.each([
    ['that is none', { kind: 'no-address' }, 'That is not the address of the last page'],
    ['of nobody’s sign-in', { kind: 'not-theirs' }, 'That address belongs to no sign-in that you have open'],
  ] as const)('%s leaves the links where they are', async (_what, outcome, text) => {
    const { adapter, signIns } = await asked();
    signIns.pastes.set('hello', outcome);
    await adapter.fill(ana, 'Paste the address', { address: 'hello' });
    expect(adapter.messages).toHaveLength(1);
    expect(adapter.text).toContain(`✗ ${text}`);
    expect(adapter.text).toContain('[Sign in]');
    expect(adapter.text).toContain('[Paste the address]');
  });

  it('of a stranger is taken away, and they hear no more than any stranger', async () => {
    const { adapter, signIns } = await asked({ remove: true });
    await adapter.type(eve, ADDRESS, { typed: { chat: 'eve', id: 7 } });
    expect(adapter.removed).toEqual([{ chat: 'eve', id: 7 }]);
    expect(adapter.text).toContain('You may not use this gateway yet.');
    expect(signIns.pasted).toEqual([]);
  });

  it('is asked for under the name of who sends it', async () => {
    const { signIns, adapter } = await asked();
    await adapter.type(ben, ADDRESS);
    expect(signIns.pasted).toEqual([{ startedBy: 'web:ben', address: ADDRESS }]);
  });

  it('as the name of a key is a key', async () => {
    const { adapter, signIns } = await asked();
    await adapter.type(ana, 'auth linear', { fields: { address: 'a-key' } });
    expect(signIns.pasted).toEqual([]);
  });
});

describe('a sign-in by code', () => {
  it('shows the code, the page and what is left, and counts down in steps', async () => {
    const clock = new Clock();
    const { adapter, gateway, signIns, say } = await setUp([linear], { now: clock.now });
    signIns.ways.set('linear', { userCode: 'WDJB-MJHT' });
    await say('auth linear');
    expect(adapter.text).toMatchInlineSnapshot(`
      "● linear — type WDJB-MJHT at auth.linear.example [Open page]
        The code works for 10 minutes more. Tell it to nobody.
      [Cancel]"
    `);
    for (let second = 0; second < 599; second += 5) {
      clock.advance(5_000);
      await gateway.sweep();
      await gateway.settle();
    }
    const left = adapter.last.replies.map((reply) => reply.lines[1]?.cells[0]);
    expect(left).toEqual(
      [10, 5, 4, 3, 2]
        .map((minutes) => `The code works for ${minutes} minutes more. Tell it to nobody.`)
        .concat('The code works for 1 minute more. Tell it to nobody.'),
    );
    expect(adapter.last.replies.every(({ passing }) => passing === true)).toBe(true);
    expect(adapter.messages).toHaveLength(1);
  });

  it('is pending in the list, can be cancelled, and says how it ended', async () => {
    const { adapter, signIns, say } = await setUp([linear]);
    signIns.ways.set('linear', { userCode: 'WDJB-MJHT' });
    await say('auth linear');
    await say('status linear');
    expect(adapter.text).toContain('sign-in pending');
    await say('cancel');
    expect(adapter.text).toBe('– linear: cancelled');
    await say('auth linear');
    await signIns.end(signIns.idOf('linear'), { kind: 'expired', lifetimeMs: 600_000 });
    await expect.poll(() => adapter.text).toContain('linear: the code expired after 10 minutes.');
  });
});
