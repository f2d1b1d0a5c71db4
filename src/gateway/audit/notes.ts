import type { SignInResult, SignInState } from '../../auth/sign-in/types.js';
import type { Subject } from '../../auth/types.js';
import { type Services, subjectFor } from '../services.js';
import { type Actor, actorId, type ChatAdapter, type Invocation } from '../types.js';
import type { AuditEvent } from './audit.js';

/** Into the audit, as the doing of who gave a command, where they gave it. */
export type Note = (what: AuditEvent, outcome: string, server?: string) => void;

export interface AuditNotes {
  of(invocation: Invocation, adapter: ChatAdapter): Note;
  /** To be told once of each sign-in that ends, by the process that ends it. */
  signIn(state: SignInState): void;
}

export function createAuditNotes({
  audit,
  access,
  people,
  settings,
}: Pick<Services, 'audit' | 'access' | 'people' | 'settings'>): AuditNotes {
  /** Of strangers there is nothing to know. */
  function whose(actor: Actor, name: string | undefined): Subject | undefined {
    if (access.may(actor) === 'stranger') return undefined;
    const server = settings().servers.find((one) => one.name === name);
    const own = people.subjectOf(actor);
    return server === undefined ? own : subjectFor(server, own);
  }

  return {
    of({ actor, conversation }, adapter) {
      const id = actorId(actor);
      const place = adapter.place?.(conversation);
      const chat = place?.kind === 'group' ? place.ids[0] : 'private';
      return (what, outcome, server) => {
        const subject = whose(actor, server);
        audit.record({
          what,
          outcome,
          actor: id,
          ...(subject === undefined || subject === id ? {} : { subject }),
          ...(server === undefined ? {} : { server }),
          chat,
        });
      };
    },

    signIn(state) {
      if (state.kind !== 'ended' && state.kind !== 'waiting-for-code') return;
      const { startedBy, subject, server } = state;
      const facts = { actor: startedBy, ...(subject === startedBy ? {} : { subject }), server };
      audit.record(
        state.kind === 'ended'
          ? { what: 'sign-in-ended', outcome: resultWord(state.result), ...facts }
          : { what: 'sign-in-quarantined', outcome: 'waiting', ...facts },
      );
    },
  };
}

function resultWord(result: SignInResult): string {
  return result.kind === 'failed' ? `failed (${result.failure.code})` : result.kind;
}
