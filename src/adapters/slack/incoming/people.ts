import type { Actor } from '../../../gateway/types.js';
import { membersOf, textOf } from '../../common/payload.js';
import { cut, plainText } from '../../common/text.js';
import type { Installation, Installations } from '../connection/installations.js';
import { isId } from '../refs.js';
import type { Home, Speaker } from '../types.js';

/** What `users.info` says of somebody. */
interface Known {
  readonly name?: string;
  readonly enterprise?: string;
}

export interface PeopleParts {
  readonly installations: Installations;
  /** `users.info`; rejects where there is no answer. */
  readonly look: (installation: Installation, userId: string) => Promise<unknown>;
  readonly now: () => number;
}

/** Who is who. */
export interface People {
  /** Undefined: it cannot be told. */
  actorOf(speaker: Speaker, home: Home, installation: Installation): Promise<Actor | undefined>;
}

const LONGEST_NAME = 40;
/** The connect page shows 60, the id included. */
const LONGEST_WITH_ID = 30;
const KNOWN_FOR_MS = 3_600_000;
const MOST = 2_000;

/**
 * A user id is unique within its workspace, and within an Enterprise Grid organisation (docs.slack.dev/enterprise), so
 * that one person stays one in all its workspaces: Slack names now one, now another of them for the same person
 * (bolt-js#1875). So the tenant is the organisation where there is one, else the workspace; of a Slack Connect stranger
 * it is always their own.
 */
export function createPeople({ installations, look, now }: PeopleParts): People {
  const known = new Map<string, { readonly untilMs: number; readonly answer: Promise<Known> }>();
  /** Organisations of workspaces, as their own members' commands named them. */
  const organisations = new Map<string, string>();

  /**
   * Nothing where the scope is missing: whoever is not known to belong to an organisation does not. Rejects where Slack
   * does not answer now, which says nothing about anybody.
   */
  function ask(installation: Installation, userId: string): Promise<Known> {
    const key = `${installation.key}/${userId}`;
    const before = known.get(key);
    if (before !== undefined && before.untilMs > now()) return before.answer;
    const answer = look(installation, userId).then(readKnown);
    known.delete(key);
    known.set(key, { untilMs: now() + KNOWN_FOR_MS, answer });
    answer.catch(() => {
      if (known.get(key)?.answer === answer) known.delete(key);
    });
    for (const oldest of known.keys()) {
      if (known.size <= MOST) break;
      known.delete(oldest);
    }
    return answer;
  }

  async function tenantOf(
    { team, userId }: Speaker,
    home: Home,
    installation: Installation,
  ): Promise<string | undefined> {
    const nearby = home.enterprise ?? installation.enterprise;
    const enterprise = home.enterprise ?? (isAtHome(installation, home) ? nearby : undefined);
    if (team === undefined || team === home.team || team === enterprise) {
      const own = home.team ?? team;
      if (team === undefined && home.team !== undefined && enterprise !== undefined)
        organisations.set(home.team, enterprise);
      return enterprise ?? (own === undefined ? undefined : (organisationOf(own) ?? own));
    }
    const theirs = organisationOf(team);
    if (theirs !== undefined || nearby === undefined) return theirs ?? team;
    // A colleague from another workspace of the organisation, or a stranger.
    return (await ask(installation, userId)).enterprise === nearby ? nearby : team;
  }

  const organisationOf = (team: string): string | undefined =>
    installations.enterpriseOf(team) ?? organisations.get(team);

  return {
    async actorOf(speaker, home, installation) {
      const tenant = await tenantOf(speaker, home, installation);
      if (tenant === undefined) return undefined;
      const { userId } = speaker;
      const name = speaker.name ?? (await ask(installation, userId).catch(noName)).name ?? '';
      const isMember = [installation.key, installation.team, installation.enterprise].includes(tenant);
      const handle = handleOf(name);
      const shown = isMember && !installations.several ? handle : withId(handle, `${tenant}/${userId}`);
      return { platform: 'slack', tenant, userId, displayName: shown || userId };
    },
  };
}

const noName = (): Known => ({});

/**
 * Whether what is known of the installation holds for where something was done. In a shared channel another workspace's
 * installation may answer: its organisation is none of theirs.
 */
function isAtHome({ team }: Installation, home: Home): boolean {
  return home.team === undefined || home.orgWide || team === home.team;
}

/** A handle is one person's alone in its workspace. */
function handleOf(handle: string): string {
  const name = plainText(handle, LONGEST_NAME).replace(/^[@\uff20\ufe6b\s]+/u, '');
  return name === '' ? '' : `@${name}`;
}

/**
 * Where several workspaces meet, two people can have one handle, and whoever is sent a link has nothing else to tell whose
 * account asked (threat 1).
 */
function withId(handle: string, id: string): string {
  return handle === '' ? id : `${cut(handle, LONGEST_WITH_ID)} (${id})`;
}

function readKnown(answer: unknown): Known {
  const user = membersOf(membersOf(answer).user);
  const { enterprise_id: enterprise } = membersOf(user.enterprise_user);
  const name = textOf(user.name);
  return { ...(name === undefined ? {} : { name }), ...(isId(enterprise) ? { enterprise } : {}) };
}
