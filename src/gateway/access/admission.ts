import { type Actor, actorId, type Place, type Reply } from '../types.js';
import { notInThisGroup, strangerView, tooManyCommands } from '../views/sentences.js';
import type { Role } from '../words/grammar.js';
import type { AccessRules } from './access.js';
import type { Limits } from './limits.js';
import { type Rate, Windows } from './windows.js';

/** Whether a command is looked at at all. */
export type Admission =
  | { readonly kind: 'in'; readonly role: Role }
  | {
      readonly kind: 'out';
      readonly why: Refusal;
      /** Absent: this person has been told, and is not told again and again where nobody waits for it. */
      readonly reply?: Reply;
      /** It was not so often yet that it is no news: for the audit, which a flood must not fill. */
      readonly news?: true;
    };

export type Refusal = 'stranger' | 'group' | 'too-many';

/** So often is somebody told that they may not. */
const DENIALS: Rate = { most: 60, windowMs: 10 * 60_000 };

export function createAdmission(
  access: Pick<AccessRules, 'may' | 'answersIn'>,
  limits: Pick<Limits, 'command'>,
  now: () => number,
): (actor: Actor, place: Place | undefined, awaited?: boolean) => Admission {
  const denials = new Windows(now);
  return (actor, place, awaited = false) => {
    const out = (why: Refusal, reply: Reply, isNews: boolean): Admission => ({
      kind: 'out',
      why,
      ...(isNews || awaited ? { reply } : {}),
      ...(isNews ? { news: true } : {}),
    });
    const denied = (why: Refusal, reply: Reply): Admission =>
      out(why, reply, denials.spend(actorId(actor), DENIALS).kind === 'ok');
    const standing = access.may(actor);
    if (standing === 'stranger') return denied('stranger', strangerView(actor));
    if (place?.kind === 'group' && !access.answersIn(place)) {
      return denied('group', notInThisGroup(place.ids[0]));
    }
    const spent = isOwnShell(actor) ? undefined : limits.command(actorId(actor));
    if (spent?.kind !== 'over') return { kind: 'in', role: standing };
    return out('too-many', tooManyCommands(spent.retryAfterMs), spent.first);
  };
}

/** Whoever types there may do anything on this machine; what is piped in may be long. */
const isOwnShell = ({ platform }: Actor): boolean => platform === 'terminal';
