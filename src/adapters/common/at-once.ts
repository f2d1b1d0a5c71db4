/** More than anybody types or presses before the first is answered. */
const MOST = 20;

/**
 * How much of one person's is under way. What comes on top of that is let fall, so that nobody can fill this process, or
 * have others wait behind a flood (threat 20).
 */
export interface AtOnce {
  /** False: too much already. */
  begin(user: string): boolean;
  end(user: string): void;
}

export function createAtOnce(most = MOST): AtOnce {
  const counts = new Map<string, number>();
  return {
    begin(user) {
      const count = counts.get(user) ?? 0;
      if (count >= most) return false;
      counts.set(user, count + 1);
      return true;
    },
    end(user) {
      const left = (counts.get(user) ?? 1) - 1;
      if (left > 0) counts.set(user, left);
      else counts.delete(user);
    },
  };
}
