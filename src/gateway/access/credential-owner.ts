import type { CredentialKey, Server } from '../../auth/types.js';
import { actorIdTrouble } from '../config/actor-ids.js';
import { nearest } from '../config/mistakes.js';
import { SHARED } from '../services.js';
import type { Settings } from '../settings.js';
import { oneLine } from '../wording.js';

export type OwnerFound =
  | { readonly kind: 'owner'; readonly key: CredentialKey; readonly server: Server }
  /** One sentence that says what to write instead. */
  | { readonly kind: 'mistake'; readonly sentence: string };

const mistake = (sentence: string): OwnerFound => ({ kind: 'mistake', sentence });

/** Whose credential is meant by what an operator typed: an account that `people:` joins to a person is that person. */
export function credentialOwner(
  subject: string,
  serverName: string,
  { servers, people }: Settings,
): OwnerFound {
  const server = servers.find(({ name }) => name === serverName);
  if (server === undefined)
    return mistake(
      noServer(
        serverName,
        servers.map(({ name }) => name),
      ),
    );
  const shared = server.credentials === 'shared';
  if (shared && subject !== SHARED)
    return mistake(`${server.name} is shared by everyone: --subject ${SHARED}`);
  if (!shared && subject === SHARED)
    return mistake(
      `${server.name} is not shared: name the person it is for, like --subject telegram:123456789`,
    );
  const whose = shared ? SHARED : personOf(subject, people);
  if (whose === undefined) return mistake(noPerson(subject, Object.keys(people)));
  return { kind: 'owner', key: { subject: whose, server: server.name }, server };
}

/** The name of `people:`, or the account itself. */
export function personOf(subject: string, people: Settings['people']): string | undefined {
  if (Object.hasOwn(people, subject)) return subject;
  if (actorIdTrouble(subject) !== undefined) return undefined;
  return Object.keys(people).find((name) => people[name]?.includes(subject)) ?? subject;
}

export function noPerson(subject: string, names: readonly string[]): string {
  const trouble = actorIdTrouble(subject);
  const example = trouble?.kind === 'malformed' ? trouble.example : 'telegram:123456789';
  const guess = nearest(subject, names);
  const maybe = guess === undefined ? '' : ` Did you mean ${guess}?`;
  return `${oneLine(subject, 60)} is nobody: write platform:id, like ${example}, or a name of \`people\` in the config.${maybe}`;
}

function noServer(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  const there = guess === undefined ? `It has: ${known.join(', ')}.` : `Did you mean ${guess}?`;
  return `The config has no server ${oneLine(name, 60)}. ${there}`;
}
