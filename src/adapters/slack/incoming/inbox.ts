import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createAtOnce } from '../../common/at-once.js';
import type { Taken } from '../../common/taken.js';
import type { Installation } from '../connection/installations.js';
import { ONE_MOMENT, TRY_AGAIN } from '../sentences.js';
import { readPayload } from './read.js';
import type { Bots } from './read-event.js';
import type { Coming, Of, Visit } from './visit.js';
import type { Visits } from './visits.js';

/** A payload of ours: what its acknowledgement says, once it is time for it. */
export interface Accepted {
  readonly ack: Promise<Json | undefined>;
}

/** What comes in, by whichever door. */
export interface Inbox {
  /** Undefined: it is not the gateway's. Never throws, and `ack` never rejects. */
  take(payload: unknown, by?: Installation): Accepted | undefined;
  /** Resolves when no command is under way. */
  settled(): Promise<void>;
}

/** What is done with each kind. */
export interface Desks {
  command(visit: Visit<Of<'command'>>): Promise<void>;
  typed(visit: Visit<Of<'typed'>>): Promise<void>;
  text(visit: Visit<Of<'text'>>): Promise<void>;
  press(visit: Visit<Of<'press'>>): Promise<void>;
  submission(visit: Visit<Of<'submission'>>): Promise<void>;
  /** What to say in the form at once; undefined: it may close. */
  mistakes(inbound: Of<'submission'>): Json | undefined;
  uninstalled(inbound: Of<'uninstalled'>): Promise<void>;
  apologise(inbound: Coming, by: Installation | undefined): Promise<void>;
}

export interface InboxParts {
  readonly bots: Bots;
  readonly visits: Visits;
  readonly desks: Desks;
  readonly taken: Taken;
  /** The app has no other purpose: what is no command gets an answer too. */
  readonly alone: boolean;
  readonly log: Log;
}

/** Slack waits three seconds for an acknowledgement. */
const HOLD_MS = 2_000;
const NOTHING: Promise<Json | undefined> = Promise.resolve(undefined);

export function createInbox({ bots, visits, desks, taken, alone, log }: InboxParts): Inbox {
  const underWay = new Set<Promise<void>>();
  const atOnce = createAtOnce();

  function track(work: Promise<void>): Promise<void> {
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
    return work;
  }

  async function act(inbound: Coming, by: Installation | undefined): Promise<void> {
    switch (inbound.kind) {
      case 'command':
        return visits.admit(inbound, desks.command, by);
      case 'typed':
        return visits.admit(inbound, desks.typed, by);
      case 'text':
        return visits.admit(inbound, desks.text, by);
      case 'press':
        return visits.admit(inbound, desks.press, by);
      case 'submission':
        return visits.admit(inbound, desks.submission, by);
    }
  }

  /** A form opens by a trigger that works once: nothing is asked before it. */
  async function isFirst(inbound: Coming): Promise<boolean> {
    if (inbound.kind === 'press' && inbound.meaning.kind === 'form') return true;
    return taken.first(inbound.deliveryId);
  }

  async function serve(inbound: Coming, by: Installation | undefined): Promise<void> {
    try {
      if (await isFirst(inbound)) await act(inbound, by);
    } catch (error) {
      log.error({ platform: 'slack', error }, 'what came from Slack could not be acted on');
      await desks
        .apologise(inbound, by)
        .catch((again: unknown) => log.warn({ error: again }, 'an apology could not be delivered'));
    }
  }

  function start(inbound: Coming, by: Installation | undefined): Promise<void> | undefined {
    const person = `${inbound.speaker.team ?? inbound.home.team ?? ''}/${inbound.speaker.userId}`;
    if (!atOnce.begin(person)) return undefined;
    return track(serve(inbound, by).finally(() => atOnce.end(person)));
  }

  /** Held back for a moment: a quick answer needs no sign of work, and a slow one's can come with nothing else. */
  function held(work: Promise<void> | undefined): Accepted {
    if (work === undefined) return { ack: NOTHING };
    const over = new AbortController();
    const waited = sleep<Json>(
      HOLD_MS,
      { response_type: 'ephemeral', text: ONE_MOMENT },
      { signal: over.signal },
    );
    const done = work.then(() => undefined);
    return { ack: Promise.race([done, waited]).finally(() => over.abort()) };
  }

  function submit(inbound: Of<'submission'>, by: Installation | undefined): Accepted {
    const mistakes = desks.mistakes(inbound);
    if (mistakes !== undefined) return { ack: Promise.resolve(mistakes) };
    return { ack: start(inbound, by) === undefined ? Promise.resolve(stillOpen(inbound)) : NOTHING };
  }

  return {
    take(payload, by) {
      const ours = { has: (id: string) => id === by?.botUserId || bots.has(id) };
      const inbound = readPayload(payload, ours);
      if (inbound === undefined) return undefined;
      switch (inbound.kind) {
        case 'nothing':
          return { ack: NOTHING };
        case 'uninstalled':
          void track(desks.uninstalled(inbound));
          return alone ? { ack: NOTHING } : undefined;
        case 'command':
          return held(start(inbound, by));
        case 'submission':
          return submit(inbound, by);
        case 'text':
          if (!alone) return undefined;
          void start(inbound, by);
          return { ack: NOTHING };
        default:
          void start(inbound, by);
          return { ack: NOTHING };
      }
    },
    async settled() {
      await Promise.all([...underWay, taken.flush()]);
    },
  };
}

/** Too much is under way: what was typed stays in the form, to be sent again. */
function stillOpen({ values }: Of<'submission'>): Json {
  const first = Object.keys(values).slice(0, 1);
  return { response_action: 'errors', errors: Object.fromEntries(first.map((id) => [id, TRY_AGAIN])) };
}
