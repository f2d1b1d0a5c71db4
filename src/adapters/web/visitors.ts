import { createHash } from 'node:crypto';
import type { Actor } from '../../gateway/types.js';

/** One of the people that a visitor may be, where the config lists some. */
export interface WebPerson {
  readonly name: string;
  readonly displayName?: string;
  /** Shown beside the name in the picker: 'admin'. */
  readonly note?: string;
}

/** Who is at the browser. `setCookie` is to be sent where the browser has none yet. */
export interface Visit {
  readonly actor: Actor;
  readonly note?: string;
  readonly setCookie?: string;
}

/** Tells visitors apart by a cookie: HttpOnly, SameSite=Strict, one a browser profile. */
export interface Visitors {
  /** The visitor with this Cookie header; one who is not known yet becomes somebody. */
  welcome(cookieHeader: string | undefined): Visit;
  /** The visitor with this Cookie header, if it says who that is. */
  recognise(cookieHeader: string | undefined): Visit | undefined;
  /** The cookie of the person with this name; undefined where nobody may be picked, or nobody has that name. */
  pick(name: string): string | undefined;
  /** True where messages to this user id can ever be read. */
  knows(userId: string): boolean;
}

const YEAR_SECONDS = 31_536_000;

function cookie(name: string, value: string): string {
  return `${name}=${value}; Path=/chat; Max-Age=${YEAR_SECONDS}; HttpOnly; SameSite=Strict`;
}

function cookieValue(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

const PICKED = 'mcp_chat_person';

/** Visitors who are one of the listed people, the first until they pick another. For a demo, or one's own machine. */
export function listedVisitors(people: readonly [WebPerson, ...WebPerson[]]): Visitors {
  const visit = ({ name, displayName, note }: WebPerson): Visit => ({
    actor: { platform: 'web', userId: name, displayName: displayName ?? name },
    ...(note === undefined ? {} : { note }),
  });
  const cookieOf = ({ name }: WebPerson) => encodeURIComponent(name);
  const byCookie = (header: string | undefined) => {
    const value = cookieValue(header, PICKED);
    return visit(people.find((person) => cookieOf(person) === value) ?? people[0]);
  };
  return {
    welcome: byCookie,
    recognise: byCookie,
    pick(name) {
      const person = people.find((one) => one.name === name);
      return person && cookie(PICKED, cookieOf(person));
    },
    knows: (userId) => people.some((person) => person.name === userId),
  };
}

const PROFILE = 'mcp_chat_profile';
const SECRET = /^[\w-]{22}$/;
const USER_ID = /^[0-9a-f]{32}$/;

/** The cookie is a secret, the id is not (it stands in config, audit and `/mcp users`): so the id is its hash. */
function userIdOf(secret: string): string {
  return createHash('sha256').update(`mcp-chat-gateway web visitor ${secret}`).digest('hex').slice(0, 32);
}

function profileVisit(secret: string): Visit {
  const userId = userIdOf(secret);
  return { actor: { platform: 'web', userId, displayName: `Visitor ${userId.slice(0, 4)}` } };
}

/** Each browser profile is a person of its own, by 128 random bits that stay the same over restarts. */
export function profileVisitors(random: (bytes: number) => Uint8Array): Visitors {
  const recognise = (header: string | undefined) => {
    const secret = cookieValue(header, PROFILE);
    return secret !== undefined && SECRET.test(secret) ? profileVisit(secret) : undefined;
  };
  const newcomer = (): Visit => {
    const secret = Buffer.from(random(16)).toString('base64url');
    return { ...profileVisit(secret), setCookie: cookie(PROFILE, secret) };
  };
  return {
    welcome: (header) => recognise(header) ?? newcomer(),
    recognise,
    pick: () => undefined,
    knows: (userId) => USER_ID.test(userId),
  };
}
