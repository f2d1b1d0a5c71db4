import type { Fields } from './face.js';
import type { Form } from './form.js';
import { isFields } from './form.js';
import type { Mentions } from './shapes.js';

/** Code is not looked through for mentions; a backslash before one does not help. */
const CODE = /```[\s\S]*?```|``[\s\S]*?``|`[^`]*`/g;

const all = (text: string, pattern: RegExp): readonly string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, id = '']) => id)),
];

/** Whom a text names. */
export function mentionsIn(content: string): Mentions & { readonly here: boolean } {
  const text = content.replace(CODE, '');
  return {
    users: all(text, /<@!?(\d+)>/g),
    roles: all(text, /<@&(\d+)>/g),
    everyone: /@everyone\b/.test(text),
    here: /@here\b/.test(text),
  };
}

const strings = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.map(String) : undefined;

/** Whom a message pings: those that it names and that `allowed_mentions` lets through; without it, all. */
export function pingsOf(content: string, allowed: unknown, repliedTo: string | undefined): readonly string[] {
  const { users, roles, everyone, here } = mentionsIn(content);
  const rules: Fields | undefined = isFields(allowed) ? allowed : undefined;
  const parse = rules === undefined ? ['users', 'roles', 'everyone'] : (strings(rules.parse) ?? []);
  const lets = (kind: string, ids: readonly string[]): readonly string[] =>
    parse.includes(kind) ? ids : ids.filter((id) => strings(rules?.[kind])?.includes(id));
  const reply = repliedTo !== undefined && (rules?.replied_user ?? rules === undefined) === true;
  const loud = parse.includes('everyone');
  return [
    ...new Set([
      ...lets('users', users),
      ...lets('roles', roles).map((id) => `role:${id}`),
      ...(loud && everyone ? ['everyone'] : []),
      ...(loud && here ? ['here'] : []),
      ...(reply ? [repliedTo] : []),
    ]),
  ];
}

export function checkAllowedMentions(allowed: Form): void {
  const rules = allowed.object();
  if (rules === undefined) return;
  const kinds = allowed.at('parse').items();
  for (const kind of kinds) kind.oneOf(['users', 'roles', 'everyone']);
  for (const kind of ['users', 'roles']) {
    const ids = allowed.at(kind).items({ max: 100 });
    if (ids.length > 0 && kinds.some(({ value }) => value === kind))
      allowed
        .at('parse')
        .complain(
          'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
          `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
        );
  }
  allowed.at('replied_user').flag();
}
