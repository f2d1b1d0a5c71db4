/** A command that runs. `message`: the one whose button was pressed. */
export interface Running {
  readonly delivery: string;
  readonly message?: string;
}

/** Which commands run for whom, and which were already taken: a request that is sent twice runs once. */
export interface Work {
  /** False where this delivery was taken before. */
  begin(person: string, running: Running): boolean;
  end(person: string, delivery: string): void;
  of(person: string): readonly Running[];
}

const REMEMBERED_DELIVERIES = 2000;

export function createWork(): Work {
  const running = new Map<string, Running[]>();
  const taken = new Set<string>();
  const remember = (key: string) => {
    taken.add(key);
    if (taken.size <= REMEMBERED_DELIVERIES) return;
    for (const oldest of taken) {
      taken.delete(oldest);
      return;
    }
  };
  return {
    begin(person, one) {
      const key = JSON.stringify([person, one.delivery]);
      if (taken.has(key)) return false;
      remember(key);
      running.set(person, [...(running.get(person) ?? []), one]);
      return true;
    },
    end(person, delivery) {
      const left = (running.get(person) ?? []).filter((one) => one.delivery !== delivery);
      if (left.length === 0) running.delete(person);
      else running.set(person, left);
    },
    of: (person) => running.get(person) ?? [],
  };
}
