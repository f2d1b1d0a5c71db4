import type { CredentialKey, CredentialView } from '../../auth/types.js';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { someAtOnce } from '../../storage/some-at-once.js';
import { keySegments, recordKey, type Store } from '../../storage/types.js';
import { type Services, SHARED } from '../services.js';
import { type Actor, actorId, type ChatAdapter, type Platform } from '../types.js';
import { endedView } from '../views/notice.js';
import { createExpectedEnds, type ExpectedEnd } from './expected-ends.js';
import { noticeReaders } from './notice-readers.js';
import type { Seen } from './seen.js';

/** One credential's end, until its people have heard of it. */
interface Notice {
  /** Which end it is: `refused.sinceMs` of the credential. */
  readonly sinceMs: number;
  readonly createdAtMs: number;
  /** Accounts that have been told, or cannot be. */
  readonly told: readonly string[];
  readonly failures: number;
  /** Nobody tries before it: after a failure, and while somebody is being told. */
  readonly retryAtMs: number;
}

const COLLECTION = 'notices';
/** Ends of which people heard, so that nobody hears of one twice. */
const TOLD = 'notices-told';
const TOLD_KEPT_MS = 30 * 24 * 3_600_000;
const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** Where a provider ended thousands at once, the sweeps after this one tell the rest: a platform would refuse more. */
const MOST_A_SWEEP = 100;
/** Longer than a platform is waited for. Whoever has not written by then what came of it was killed meanwhile. */
const TELLING_MS = 60_000;
const RETRY_FIRST_MS = 15_000;
const RETRY_AT_MOST_MS = 30 * 60_000;

/** Tells people that their access ended, once and in private: whoever may sign in again, where they were seen last. */
export interface Notices {
  /** To be waited for before the credential is marked: from then on no kill loses the notice. @throws {StoreError} */
  expect(key: CredentialKey, sinceMs: number): Promise<void>;
  /** `told`: accounts that are just being shown it. Resolves when it was tried. */
  ended(key: CredentialKey, sinceMs: number, told: readonly string[]): Promise<void>;
  /** Tries again what could not be told, by this process or by another one. */
  sweep(): Promise<void>;
}

export interface NoticesDeps {
  readonly services: Pick<Services, 'settings' | 'access' | 'credentials' | 'log' | 'now'>;
  readonly store: Store;
  readonly seen: Seen;
  readonly adapterOf: (platform: Platform) => ChatAdapter | undefined;
}

/** Whether it is still this end: signing in anew, or out, is the end of the notice. */
export function isEnded(view: CredentialView | undefined, sinceMs: number): boolean {
  return view !== undefined && view.kind !== 'unreadable' && view.refused?.sinceMs === sinceMs;
}

export function createNotices({ services, store, seen, adapterOf }: NoticesDeps): Notices {
  const { log, now } = services;
  const open = store.records<Notice>(COLLECTION);
  const told = store.records<number>(TOLD);
  const expected = createExpectedEnds(store, now);
  const keyOf = ({ subject, server }: CredentialKey): string => recordKey(subject, server);
  const locked = <T>(key: CredentialKey, work: () => Promise<T>): Promise<T> =>
    store.lock(recordKey('notice', key.subject, key.server), work);

  async function close(key: CredentialKey, { sinceMs }: Notice): Promise<void> {
    await told.set(keyOf(key), sinceMs, TOLD_KEPT_MS);
    await open.delete(keyOf(key));
  }

  /** True: this account need not be tried again. That it is being tried is written down first: who is killed meanwhile is followed by another. */
  async function tell(
    key: CredentialKey,
    notice: Notice,
    actor: Actor,
    view: CredentialView,
  ): Promise<boolean> {
    const adapter = adapterOf(actor.platform);
    if (adapter === undefined) return false;
    await open.set(keyOf(key), { ...notice, retryAtMs: now() + TELLING_MS });
    const shared = key.subject === SHARED;
    const reply = endedView({ server: key.server, what: view.kind === 'keys' ? 'key' : 'sign-in', shared });
    const facts = { server: key.server, platform: actor.platform };
    try {
      const { kind } = await adapter.send({ actor }, reply);
      if (kind === 'no-private-way') log.info(facts, 'nobody can be told in private that access ended');
      return kind !== 'gone';
    } catch (error) {
      log.warn({ ...facts, error }, 'a person could not be told yet that access ended');
      return false;
    }
  }

  /** Who has not heard of it, and those of them who are told by this process: the others are left to the one that has their platform. */
  async function waitingFor(
    key: CredentialKey,
    notice: Notice,
  ): Promise<Record<'waiting' | 'here', readonly Actor[]>> {
    const readers = await noticeReaders(key, services, seen);
    const waiting = readers.filter((actor) => !notice.told.includes(actorId(actor)));
    return { waiting, here: waiting.filter(({ platform }) => adapterOf(platform) !== undefined) };
  }

  async function tellAll(key: CredentialKey, notice: Notice, view: CredentialView): Promise<void> {
    const { waiting, here } = await waitingFor(key, notice);
    if (here.length === 0 && waiting.length > 0) return;
    let current = notice;
    let missing = waiting.length - here.length;
    for (const actor of here) {
      if (await tell(key, current, actor, view))
        current = { ...current, told: [...current.told, actorId(actor)] };
      else missing += 1;
    }
    if (missing === 0) return close(key, current);
    const wait = Math.min(RETRY_AT_MOST_MS, RETRY_FIRST_MS * 2 ** current.failures);
    await open.set(keyOf(key), { ...current, failures: current.failures + 1, retryAtMs: now() + wait });
  }

  const isOld = ({ createdAtMs }: Notice): boolean => now() - createdAtMs > GIVE_UP_AFTER_MS;

  /** Thousands may wait together: a sweep only looks at those, and those for another process take nobody's place. */
  async function isDue(key: CredentialKey): Promise<boolean> {
    const notice = await unlessUnreadable(open.get(keyOf(key)));
    if (notice === undefined) return true;
    if (notice.retryAtMs > now()) return false;
    const { waiting, here } = await waitingFor(key, notice);
    return here.length > 0 || waiting.length === 0 || isOld(notice);
  }

  async function deliver(key: CredentialKey): Promise<void> {
    await locked(key, async () => {
      const notice = await unlessUnreadable(open.get(keyOf(key)));
      if (notice === undefined) return void (await open.delete(keyOf(key)));
      if (notice.retryAtMs > now()) return;
      const view = await services.credentials.view(key);
      const server = services.settings().servers.find(({ name }) => name === key.server);
      if (view === undefined || !isEnded(view, notice.sinceMs) || isOld(notice) || server?.enabled !== true)
        return close(key, notice);
      await tellAll(key, notice, view);
    });
  }

  const tried = (key: CredentialKey): Promise<void> =>
    deliver(key).catch((error: unknown) =>
      log.warn({ error, server: key.server }, 'a notice was not brought'),
    );

  async function ended(key: CredentialKey, sinceMs: number, lookers: readonly string[]): Promise<void> {
    const isNews = await locked(key, async () => {
      const before = await unlessUnreadable(open.get(keyOf(key)));
      if (before?.sinceMs === sinceMs || (await unlessUnreadable(told.get(keyOf(key)))) === sinceMs)
        return false;
      const notice = { sinceMs, createdAtMs: now(), told: lookers, failures: 0, retryAtMs: 0 };
      await open.set(keyOf(key), notice);
      return true;
    });
    await expected.remove(key);
    if (isNews) await tried(key);
  }

  /** Marked by a process that was killed before it made a notice, or not marked after all. */
  async function followUp({ key, sinceMs }: ExpectedEnd): Promise<void> {
    const isOne = isEnded(await services.credentials.view(key), sinceMs);
    await (isOne ? ended(key, sinceMs, []) : expected.remove(key));
  }

  /** One that cannot be followed up now, as its lock is held, holds up nobody else's notice. */
  const followedUp = (end: ExpectedEnd): Promise<void> =>
    followUp(end).catch((error: unknown) =>
      log.warn({ error, server: end.key.server }, 'an expected end was not followed up'),
    );

  return {
    expect: (key, sinceMs) => expected.add({ key, sinceMs }),
    ended,

    async sweep() {
      await someAtOnce((await expected.left()).slice(0, MOST_A_SWEEP), followedUp);
      const keys = (await open.keys()).map((key): CredentialKey => {
        const [subject = '', server = ''] = keySegments(key);
        return { subject, server };
      });
      const due = await someAtOnce(keys, (key) => isDue(key).catch(() => true));
      const some = keys.filter((_, at) => due[at] === true).slice(0, MOST_A_SWEEP);
      await someAtOnce(some, tried);
    },
  };
}
