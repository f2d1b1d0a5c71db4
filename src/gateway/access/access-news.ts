import type { DeskDeed } from '../../auth/credentials/credential-desk.js';
import type { SignInState } from '../../auth/sign-in/types.js';
import type { CredentialKey } from '../../auth/types.js';
import type { Tasks } from '../boards/pace.js';
import type { Looking } from '../looking.js';
import type { EventHub, OtherTools } from '../notices/events.js';
import { isEnded, type Notices } from '../notices/notices.js';
import type { Services } from '../services.js';

export interface AccessNews {
  signedIn(state: SignInState): void;
  /** It is about to be marked as refused. Never rejects: it is marked whether or not that could be written down. */
  refusing(key: CredentialKey, refused: { readonly sinceMs: number }): Promise<void>;
  /** What worked does not any more, from the one process that marked it. Returns at once. */
  refused(key: CredentialKey, refused: { readonly sinceMs: number }): void;
  /** What an operator did with it, from outside the chat. */
  byOperator(key: CredentialKey, what: DeskDeed): Promise<void>;
  /** Returns at once. */
  otherTools(key: CredentialKey, change: OtherTools): void;
}

export interface AccessNewsParts {
  readonly services: Services;
  readonly tasks: Tasks;
  readonly events: EventHub;
  readonly looking: Looking;
  readonly notices: Notices;
  readonly operator: string | undefined;
}

/** What becomes of people's access, for those who are to hear of it: the host, the audit, the person. */
export function createAccessNews(parts: AccessNewsParts): AccessNews {
  const { services, tasks, events, looking, notices, operator } = parts;
  const { audit, connections, credentials, log } = services;

  function inBackground(trouble: string, work: Promise<void>): void {
    tasks.add(work.catch((error: unknown) => log.warn({ error }, trouble)));
  }

  /** Until it is known who is told by what they look at, its notice stands among the expected ones. */
  async function ended(key: CredentialKey, sinceMs: number, told: Promise<readonly string[]>): Promise<void> {
    const view = await credentials.view(key);
    if (view === undefined || !isEnded(view, sinceMs)) return;
    const reason = view.kind === 'keys' ? 'key-refused' : 'ended-by-provider';
    audit.record({ what: 'grant-died', outcome: reason, ...key });
    await events.tell('needsReauth', { ...key, reason });
    await notices.ended(key, sinceMs, await told);
  }

  return {
    signedIn(state) {
      if (state.kind !== 'ended' || state.result.kind !== 'connected') return;
      const { subject, server, method } = state;
      const reason = method === 'key-form' ? 'key' : 'sign-in';
      inBackground('a sign-in was not told', events.tell('signedIn', { subject, server, reason }));
    },

    refusing: (key, { sinceMs }) =>
      notices
        .expect(key, sinceMs)
        .catch((error: unknown) =>
          log.warn({ error }, 'an end of access could not be written down before it'),
        ),

    refused(key, { sinceMs }) {
      // Asked now: an answer that is on its way says it too.
      const told = looking.told(key);
      inBackground('an end of access was not told', ended(key, sinceMs, told));
    },

    async byOperator(key, what) {
      const actor = operator === undefined ? {} : { actor: operator };
      audit.record({ what: `credential-${what}`, outcome: 'done', ...actor, ...key });
      if (what === 'exported') return;
      connections.forget(key.server, key.subject);
      if (what === 'imported') await events.tell('signedIn', { ...key, reason: 'imported' });
      else await events.tell('signedOut', { ...key, reason: 'revoked-by-operator' });
    },

    otherTools(key, change) {
      inBackground('other tools were not told', events.tellHere(key, change));
    },
  };
}
