import type { Actor } from '../../../gateway/types.js';
import { membersOf, positiveOf, textOf } from '../../common/payload.js';
import { withoutInvisible } from '../../common/text.js';

/** With the id behind it within the 60 that the connect page shows. */
const LONGEST_NAME = 36;
const USERNAME = /^[A-Za-z0-9_]{1,32}$/;
/** Names of letters that look like nothing at all: people who want to have no name use them. */
const SEEN = /[^\s\u2800]/u;

/** The person in a `from`; undefined for bots and for what is no user. */
export function readActor(from: unknown): Actor | undefined {
  const { id: given, is_bot: isBot, username, first_name: first, last_name: last } = membersOf(from);
  const id = positiveOf(given);
  if (id === undefined || (isBot !== undefined && isBot !== false)) return undefined;
  const userId = String(id);
  const displayName = usernameOf(username) ?? namedBy(first, last, userId);
  return { platform: 'telegram', userId, displayName };
}

/**
 * A username is one person's alone. A name is whatever its owner wants, so that two can look the same on the connect
 * page, where the person has nothing else to tell whose account asked (threat 1): the id behind it is never the same.
 */
function namedBy(first: unknown, last: unknown, userId: string): string {
  const name = nameOf(first, last);
  return name === undefined ? userId : `${name} (id ${userId})`;
}

function usernameOf(username: unknown): string | undefined {
  const name = textOf(username);
  return name !== undefined && USERNAME.test(name) ? `@${name}` : undefined;
}

/**
 * Undefined where nothing can be seen of it: deleted accounts have empty names. Without the `@` in front that would make
 * a chosen name look like somebody's username, which the connect page shows (threat 1).
 */
function nameOf(first: unknown, last: unknown): string | undefined {
  const parts = [first, last].map((part) => (textOf(part) ?? '').slice(0, 4 * LONGEST_NAME));
  const shown = withoutInvisible(parts.join(' ').toWellFormed()).replaceAll(/[\s\p{Cc}]+/gu, ' ');
  const name = shown.replace(/^[\s@\uff20\ufe6b]+/u, '').trim();
  return SEEN.test(name) ? cutName(name) : undefined;
}

function cutName(name: string): string {
  const start = name.slice(0, LONGEST_NAME);
  return (start.isWellFormed() ? start : start.slice(0, -1)).trimEnd();
}
