import { userInfo } from 'node:os';

/** What the system knows of who called a verb. */
export interface Caller {
  /** Absent on Windows. */
  readonly uid: number | undefined;
  /** Absent where the system has no name for that id, as in some containers. */
  readonly user: string | undefined;
  /** `SUDO_USER` */
  readonly sudoUser: string | undefined;
}

const LONGEST = 64;

/** For the audit: `cli:ana`. Behind sudo, who called that: it is set by sudo, and root alone is believed about it. */
export function operatorOf({ uid, user, sudoUser }: Caller): string {
  const name = uid === 0 && sudoUser ? sudoUser : (user ?? `uid-${uid ?? 'unknown'}`);
  return `cli:${name.slice(0, LONGEST)}`;
}

export function operator(): string {
  return operatorOf({ uid: process.getuid?.(), user: nameOfUser(), sudoUser: process.env.SUDO_USER });
}

function nameOfUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}
