import { type ActorIdTrouble, actorIdTrouble, isGroupId, isWholePlatform, PLATFORMS } from './actor-ids.js';
import { type ConfigPath, type Finding, keyName, nearest } from './mistakes.js';
import { type ConfigMap, type ConfigValue, listOf, mapOf } from './reading.js';

const PERSON_NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.-]{0,31}$/u;
/** Everybody of a Slack workspace; admins are listed one by one. */
const WHOLE_WORKSPACE = /^slack:[A-Z0-9]{2,32}\/\*$/;
const NAME_FORM = 'a name of letters, digits, `_`, `-` and `.`, at most 32, other than `shared`';

/** `shared` is the subject of everyone's credentials, and `:` marks accounts: a person must be neither. */
function isPersonName(name: string): boolean {
  return PERSON_NAME.test(name) && name.toLowerCase() !== 'shared';
}

/** Names that differ in nothing but case: people and servers are told apart by name. */
export function caseTwins(names: readonly string[], path: ConfigPath, what: string): readonly Finding[] {
  const seen = new Map<string, string>();
  return names.flatMap((name): Finding[] => {
    const folded = name.normalize('NFC').toLowerCase();
    const twin = seen.get(folded);
    if (twin === undefined) {
      seen.set(folded, name);
      return [];
    }
    return [
      {
        path: [...path, name],
        at: 'key',
        found: `the name ${keyName(name)}, which differs from ${keyName(twin)} in nothing but case`,
        allowed: `${what} whose names differ in more than case`,
        remedy: 'Rename one of the two, or take it out.',
      },
    ];
  });
}

function wordsFor(trouble: ActorIdTrouble): Pick<Finding, 'nearest' | 'remedy'> {
  switch (trouble.kind) {
    case 'no-platform':
      return { remedy: 'Write the platform, a colon and the id; /mcp tells strangers theirs.' };
    case 'unknown-platform': {
      const guess = trouble.nearest === undefined ? {} : { nearest: `${trouble.nearest}:…` };
      return { ...guess, remedy: `The platforms are ${PLATFORMS.join(', ')}.` };
    }
    case 'malformed':
      return { remedy: `Write it like ${trouble.example}; /mcp tells strangers theirs.` };
  }
}

function accountFinding(path: ConfigPath, text: string): Finding | undefined {
  const trouble = actorIdTrouble(text);
  if (trouble === undefined) return undefined;
  return { path, allowed: 'an account such as telegram:123456789 or slack:T1/U2', ...wordsFor(trouble) };
}

function personRules(people: Readonly<ConfigMap>): readonly Finding[] {
  const owners = new Map<string, string>();
  return Object.entries(people).flatMap(([name, accounts]) => [
    ...(isPersonName(name) ? [] : [badName(['people', name], name)]),
    ...listOf(accounts).flatMap((account, index) => joinedAccount(owners, name, account, index)),
  ]);
}

function badName(path: ConfigPath, name: string): Finding {
  return {
    path,
    at: 'key',
    found: `the name ${keyName(name)}`,
    allowed: NAME_FORM,
    remedy: 'Choose another name; accounts such as telegram:123 go into the list behind it.',
  };
}

function joinedAccount(
  owners: Map<string, string>,
  name: string,
  account: ConfigValue,
  index: number,
): readonly Finding[] {
  if (typeof account !== 'string') return [];
  const path = ['people', name, index];
  const bad = accountFinding(path, account);
  if (bad !== undefined) return [bad];
  const owner = owners.get(account);
  owners.set(account, owner ?? name);
  if (owner === undefined) return [];
  const where = owner === name ? 'It is in this list already' : `It belongs to ${keyName(owner)} already`;
  return [
    {
      path,
      allowed: 'each account with one person, once',
      remedy: `${where}: take it out in one of the two places.`,
    },
  ];
}

/** What of `access.users` lets in people whom nobody has listed: `*`, or `telegram:*`. */
export function openUsers({ users }: Readonly<ConfigMap>): string | undefined {
  if (users === '*') return users;
  return listOf(users)
    .find((entry) => typeof entry === 'string' && isWholePlatform(entry))
    ?.toString();
}

function accessEntry(people: Readonly<ConfigMap>, path: ConfigPath, entry: ConfigValue): readonly Finding[] {
  if (typeof entry !== 'string' || Object.hasOwn(people, entry)) return [];
  const allowed = 'accounts such as telegram:123456789, and names from `people`';
  if (entry === '*') {
    const remedy =
      path[0] === 'access'
        ? 'Write `users: "*"` to let anyone in; admins are always listed one by one.'
        : 'Take `allow` out: without it, the server is there for all who may use /mcp.';
    return [{ path, allowed, remedy }];
  }
  if (path[1] !== 'admins' && (WHOLE_WORKSPACE.test(entry) || isWholePlatform(entry))) return [];
  if (entry.includes(':')) return [accountFinding(path, entry)].filter((finding) => finding !== undefined);
  const guess = nearest(entry, Object.keys(people));
  return [
    {
      path,
      allowed,
      ...(guess === undefined ? {} : { nearest: guess }),
      remedy:
        'Write the account with its platform (/mcp tells strangers theirs), or add the name to `people`.',
    },
  ];
}

function webPeople(list: readonly ConfigValue[]): readonly Finding[] {
  const path = ['platforms', 'web', 'people'];
  const seen = new Set<string>();
  return list.flatMap((name, index): Finding[] => {
    if (typeof name !== 'string') return [];
    if (!isPersonName(name)) {
      return [{ path: [...path, index], allowed: NAME_FORM, remedy: 'Choose another name.' }];
    }
    const folded = name.normalize('NFC').toLowerCase();
    if (!seen.has(folded)) {
      seen.add(folded);
      return [];
    }
    const remedy = 'Take one of the two out.';
    return [
      { path: [...path, index], allowed: 'each name once, upper and lower case being the same', remedy },
    ];
  });
}

function groupRules(groups: readonly ConfigValue[]): readonly Finding[] {
  return groups.flatMap((entry, index): Finding[] => {
    if (typeof entry !== 'string' || entry === '' || isGroupId(entry)) return [];
    const allowed =
      'a group: telegram:-1001234567890, slack:T024BE7LD/C024BE91L, discord:SERVER/CHANNEL or discord:SERVER/*';
    return [
      {
        path: ['access', 'groups', index],
        allowed,
        remedy: 'An answer of the bot in a group that is not listed names its id.',
      },
    ];
  });
}

/** For whom each server is there. */
function allowRules(root: Readonly<ConfigMap>): readonly Finding[] {
  const people = mapOf(root.people);
  return Object.entries(mapOf(root.mcp_servers)).flatMap(([name, block]) =>
    listOf(mapOf(block).allow).flatMap((entry, index) =>
      accessEntry(people, ['mcp_servers', name, 'allow', index], entry),
    ),
  );
}

/** Rules about who is who and who may. */
export function peopleRules(root: Readonly<ConfigMap>): readonly Finding[] {
  const people = mapOf(root.people);
  const access = mapOf(root.access);
  const entries = (['users', 'admins'] as const).flatMap((list) =>
    listOf(access[list]).flatMap((entry, index) => accessEntry(people, ['access', list, index], entry)),
  );
  return [
    ...personRules(people),
    ...caseTwins(Object.keys(people), ['people'], 'people'),
    ...entries,
    ...groupRules(listOf(access.groups)),
    ...allowRules(root),
    ...webPeople(listOf(mapOf(mapOf(root.platforms).web).people)),
  ];
}
