import type { Actor } from '../../../gateway/types.js';
import { membersOf, textOf } from '../../common/payload.js';
import { withoutInvisible } from '../../common/text.js';
import { isSnowflake } from '../refs.js';

/** With the id behind it within the 60 that the connect page shows. */
const LONGEST_NAME = 34;
/** One person's alone (Discord, "Usernames"). Accounts that have no such name yet share theirs, with four digits behind it. */
const USERNAME = /^[a-z0-9_.]{2,32}$/;
/** Names of letters that look like nothing at all: people who want to have no name use them. */
const SEEN = /[^\s\u2800]/u;

/** The person in a `user` or `author`; undefined for bots, for Discord itself, and for what is no user. */
export function readActor(user: unknown): Actor | undefined {
  const { id, bot, system, username, discriminator, global_name: shown } = membersOf(user);
  if (!isSnowflake(id) || bot === true || system === true) return undefined;
  const displayName = usernameOf(username, discriminator) ?? namedBy(shown, username, id);
  return { platform: 'discord', userId: id, displayName };
}

function usernameOf(username: unknown, discriminator: unknown): string | undefined {
  const name = textOf(username);
  const unique = discriminator === undefined || discriminator === '0';
  return unique && name !== undefined && USERNAME.test(name) ? `@${name}` : undefined;
}

/**
 * A display name is whatever its owner wants, so that two can look the same on the connect page, where the person has
 * nothing else to tell whose account asked (threat 1): the id behind it is never the same.
 */
function namedBy(shown: unknown, username: unknown, id: string): string {
  const name = nameOf(shown) ?? nameOf(username);
  return name === undefined ? id : `${name} (id ${id})`;
}

/** Without the `@` in front that would make a chosen name look like somebody's username. */
function nameOf(given: unknown): string | undefined {
  const text = (textOf(given) ?? '').slice(0, 4 * LONGEST_NAME);
  const line = withoutInvisible(text.toWellFormed()).replaceAll(/[\s\p{Cc}]+/gu, ' ');
  const name = line.replace(/^[\s@\uff20\ufe6b]+/u, '').trim();
  return SEEN.test(name) ? cutName(name) : undefined;
}

function cutName(name: string): string {
  const start = name.slice(0, LONGEST_NAME);
  return (start.isWellFormed() ? start : start.slice(0, -1)).trimEnd();
}
