import type { Log } from '../../../observability/log.js';
import type { Installation, Installations } from '../connection/installations.js';
import type { Routes } from '../outgoing/routes.js';
import { ownerKey } from '../refs.js';
import { NOT_IN_THIS_CHANNEL, NOT_IN_THIS_WORKSPACE, TRY_AGAIN } from '../sentences.js';
import type { People } from './people.js';
import { type Coming, type Visit, whereDone } from './visit.js';

export interface Visits {
  /** Lets in who may come in here, and tells the others. */
  admit<T extends Coming>(
    inbound: T,
    serve: (visit: Visit<T>) => Promise<void>,
    by: Installation | undefined,
  ): Promise<void>;
}

export interface VisitsParts {
  readonly installations: Installations;
  readonly people: People;
  readonly routes: Routes;
  /** Where the bot answers, besides in private chats. Absent: everywhere. */
  readonly workspaces?: readonly string[];
  readonly channels?: readonly string[];
  /** Says a sentence to who did that, and to nobody else. */
  readonly say: (visit: Visit, sentence: string) => Promise<void>;
  /** The same where no token is known. */
  readonly sayWithout: (inbound: Coming, sentence: string) => Promise<void>;
  readonly log: Log;
}

export function createVisits(parts: VisitsParts): Visits {
  const { installations, people, routes, workspaces, channels, log } = parts;

  async function installationOf(
    inbound: Coming,
    by: Installation | undefined,
  ): Promise<Installation | undefined> {
    const bot = 'typed' in inbound ? inbound.typed.bot : undefined;
    const meant = bot === undefined ? undefined : installations.ofBot(bot);
    return meant ?? by ?? installations.of(inbound.home);
  }

  async function isDirect(inbound: Coming, owner: string, by: Installation): Promise<boolean> {
    // What is said to whoever presses another's button must not be posted where the other reads it.
    if (inbound.kind === 'press' && inbound.message.owner !== owner) return false;
    const { channel, direct } = whereDone(inbound);
    if (direct !== undefined || channel === undefined) return direct === true;
    return routes.isOwnDm(owner, by, channel);
  }

  function isWorkspaceOpen({ home, speaker }: Coming, { key }: Installation): boolean {
    if (workspaces === undefined) return true;
    return [home.team ?? speaker.team, home.enterprise, key].some(
      (id) => id !== undefined && workspaces.includes(id),
    );
  }

  function isChannelOpen(inbound: Coming, direct: boolean): boolean {
    const { channel } = whereDone(inbound);
    return channels === undefined || direct || (channel !== undefined && channels.includes(channel));
  }

  return {
    async admit(inbound, serve, by) {
      const installation = await installationOf(inbound, by);
      if (installation === undefined)
        return parts.sayWithout(inbound, installations.complete ? NOT_IN_THIS_WORKSPACE : TRY_AGAIN);
      const actor = await people.actorOf(inbound.speaker, inbound.home, installation);
      const owner = actor === undefined ? undefined : ownerKey(actor);
      // Whose workspace cannot be told is nobody.
      if (actor === undefined || owner === undefined)
        return log.info(
          { platform: 'slack', kind: inbound.kind },
          'somebody whose workspace cannot be told is not answered',
        );
      const direct = await isDirect(inbound, owner, installation);
      const visit = { inbound, installation, actor, owner, direct };
      if (!isWorkspaceOpen(inbound, installation)) return parts.say(visit, NOT_IN_THIS_WORKSPACE);
      if (!isChannelOpen(inbound, direct)) return parts.say(visit, NOT_IN_THIS_CHANNEL);
      await routes.note(actor, installation);
      await serve(visit);
    },
  };
}
