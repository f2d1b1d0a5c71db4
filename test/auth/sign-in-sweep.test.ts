import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Verify, VerifyOutcome } from '../../src/auth/types.js';
import type { Store } from '../../src/storage/types.js';
import { failingStore } from '../helpers/failing-store.js';
import { useSignInPeers } from '../helpers/sign-in-peers.js';
import { linkOf, type Rig } from '../helpers/sign-in-rig.js';

const LIFETIME_MS = 600_000;
const ANA = { subject: 'terminal:ana', server: 'files' };
const peers = useSignInPeers();

/** A verify that answers when the test says so. */
function stalled() {
  const events = new EventEmitter();
  const asked = once(events, 'asked');
  const verify: Verify = async () => {
    const answered = once(events, 'answer');
    events.emit('asked');
    const [outcome] = await answered;
    return outcome;
  };
  return { verify, asked, answer: (outcome: VerifyOutcome) => events.emit('answer', outcome) };
}

/** The same store, until a credential was kept in it: as if its process had been killed then. */
function dyingAfterKeeping(store: Store): Store {
  let isDead = false;
  return failingStore(store, (operation, name) => {
    const fails = isDead;
    isDead ||= operation === 'set' && name === 'credentials';
    return fails;
  });
}

/** The same store, and how often a record of it was read. */
function counted(store: Store) {
  const counts = { reads: 0 };
  const records: Store['records'] = <T>(name: string) => {
    const these = store.records<T>(name);
    const get: typeof these.get = (key) => {
      counts.reads += 1;
      return these.get(key);
    };
    return { ...these, get };
  };
  return { store: { ...store, records }, counts };
}

const collections = ['pending', 'finishing', 'waiting', 'browser', 'tries', 'open', 'started'];

async function leftovers(rig: Rig): Promise<readonly string[]> {
  const keys = await Promise.all(
    collections.map(async (name) => (await rig.store.records(name).keys()).map((key) => `${name}/${key}`)),
  );
  return keys.flat();
}

describe('the sweeper', () => {
  it('ends what expired, once, however many processes sweep, and leaves nothing but the outcome', async () => {
    const first = await peers.rig();
    const rigs = [first, await peers.rig({ shared: first }), await peers.rig({ shared: first })];
    const { link } = await peers.goThrough(first);
    for (const rig of rigs) rig.advance(LIFETIME_MS + 1);
    await Promise.all([...rigs, ...rigs].map((rig) => rig.signIns.sweep()));
    await expect
      .poll(() => rigs.flatMap((rig) => rig.told))
      .toMatchObject([
        { kind: 'ended', id: link.id, origin: { chat: 'terminal:ana' }, result: { kind: 'expired' } },
      ]);
    expect(await leftovers(first)).toEqual([]);
    expect(await first.signIns.look(link.id)).toMatchObject({ kind: 'ended' });
  });

  it('leaves what is open as it is', async () => {
    const rig = await peers.rig();
    const { link } = await peers.goThrough(rig);
    rig.advance(LIFETIME_MS - 60_000);
    await rig.signIns.sweep();
    expect(await rig.signIns.look(link.id)).toMatchObject({ kind: 'pending' });
    expect(rig.told).toEqual([]);
  });

  it('reads what is pending once a minute, and when it is over', async () => {
    const first = await peers.rig();
    const { store, counts } = counted(first.store);
    const other = await peers.rig({ shared: { ...first, store } });
    const links = [];
    for (let begun = 0; begun < 5; begun += 1)
      links.push(linkOf(await first.signIns.begin(first.request('files', `terminal:${begun}`))));
    await other.signIns.sweep();
    counts.reads = 0;
    await other.signIns.sweep();
    expect(counts.reads).toBe(0);
    other.advance(60_000);
    await other.signIns.sweep();
    expect(counts.reads).toBeGreaterThan(0);
    await first.signIns.cancel('terminal:0', 'files');
    other.advance(LIFETIME_MS + 1);
    await other.signIns.sweep();
    const ends = await Promise.all(links.map(({ id }) => other.signIns.look(id)));
    const results = ends.map((end) => end.kind === 'ended' && end.result.kind);
    expect(results).toEqual(['cancelled', ...Array(4).fill('expired')]);
    expect(await leftovers(first)).toEqual([]);
  });

  it('drops quarantined tokens whose digits nobody gave', async () => {
    const rig = await peers.rig();
    const { link, callback } = await peers.goThrough(rig);
    await rig.signIns.finish(callback, undefined);
    rig.advance(LIFETIME_MS + 1);
    await rig.signIns.sweep();
    expect(await rig.signIns.look(link.id)).toMatchObject({ result: { kind: 'expired' } });
    expect(await leftovers(rig)).toEqual([]);
    expect(peers.provider.counts.revocation).toBe(0);
  });

  it('ends as interrupted what a dead process was finishing, which then keeps nothing', async () => {
    const { verify, asked, answer } = stalled();
    const next = await peers.rig();
    const dying = await peers.rig({ verify, shared: next });
    const before = await peers.goThrough(next);
    await next.signIns.finish(before.callback, before.browser);
    const old = await next.credentials.get(ANA);
    const { link, callback, browser } = await peers.goThrough(dying);
    const finished = dying.signIns.finish(callback, browser);
    await asked;
    await next.signIns.sweep();
    expect(await next.signIns.look(link.id)).toMatchObject({ kind: 'finishing' });
    next.advance(60_001);
    await next.signIns.sweep();
    expect(await next.signIns.look(link.id)).toMatchObject({ result: { kind: 'interrupted' } });
    answer({ kind: 'works', tools: 13, proven: true });
    expect(await finished).toMatchObject({ kind: 'ended', state: { result: { kind: 'interrupted' } } });
    expect(await next.credentials.get(ANA)).toEqual(old);
    expect(old).toMatchObject({ signIn: before.link.id });
    expect([...dying.told, ...next.told].filter(({ kind }) => kind === 'ended')).toHaveLength(2);
  });

  it.each(['at once', 'after its code was given in the chat'])(
    'ends as connected what a process kept before it died (%s)',
    async (when) => {
      const next = await peers.rig();
      const dying = await peers.rig({ shared: { ...next, store: dyingAfterKeeping(next.store) } });
      const { link, callback, browser } = await peers.goThrough(dying);
      if (when === 'at once') await dying.signIns.finish(callback, browser);
      else {
        const quarantined = await dying.signIns.finish(callback, undefined);
        dying.advance(30_000);
        await dying.signIns.confirm('terminal:ana', quarantined.kind === 'code' ? quarantined.digits : '');
      }
      expect(await next.signIns.look(link.id)).toMatchObject({ kind: 'finishing' });
      next.advance(90_001);
      await next.signIns.sweep();
      expect(await next.signIns.look(link.id)).toMatchObject({
        result: { kind: 'connected', interrupted: true },
      });
      expect(await next.keeper.accessToken(ANA)).toMatchObject({ kind: 'token' });
      expect(await leftovers(next)).toEqual([]);
    },
  );

  it('ends a sign-in whose process died between the two records of its claim', async () => {
    const rig = await peers.rig();
    const { id } = linkOf(await rig.signIns.begin(rig.request('files')));
    const pending = await rig.store.records<object>('pending').get(id);
    const now = Date.now();
    await rig.store.records('finishing').set(id, { ...pending, sinceMs: now, aliveAtMs: now });
    expect(await rig.signIns.look(id)).toMatchObject({ kind: 'finishing' });
    rig.advance(60_001);
    await rig.signIns.sweep();
    expect(await rig.signIns.look(id)).toMatchObject({ result: { kind: 'interrupted' } });
    expect(await leftovers(rig)).toEqual([]);
  });

  it('holds nothing up over a record that makes no sense', async () => {
    const rig = await peers.rig();
    const { link } = await peers.goThrough(rig);
    await rig.store.records('finishing').set('x'.repeat(43), {});
    rig.advance(LIFETIME_MS + 1);
    await rig.signIns.sweep();
    expect(await rig.signIns.look(link.id)).toMatchObject({ result: { kind: 'expired' } });
  });
});
