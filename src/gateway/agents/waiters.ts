/** Promises that somebody else settles, by name. */
export interface Waiters<T> {
  wait(name: string): { readonly settled: Promise<T>; settle(outcome: T): void };
  settle(name: string, outcome: T): void;
  settleAll(outcome: T): void;
}

export function createWaiters<T>(): Waiters<T> {
  const waiting = new Map<string, Set<(outcome: T) => void>>();
  const settleAllOf = (waiters: Iterable<(outcome: T) => void>, outcome: T): void => {
    for (const settle of [...waiters]) settle(outcome);
  };
  return {
    wait(name) {
      const waiters = waiting.get(name) ?? new Set();
      waiting.set(name, waiters);
      let settle = (_outcome: T): void => undefined;
      const settled = new Promise<T>((resolve) => {
        settle = (outcome) => {
          waiters.delete(settle);
          if (waiters.size === 0 && waiting.get(name) === waiters) waiting.delete(name);
          resolve(outcome);
        };
      });
      waiters.add(settle);
      return { settled, settle };
    },
    settle: (name, outcome) => settleAllOf(waiting.get(name) ?? [], outcome),
    settleAll: (outcome) =>
      settleAllOf(
        [...waiting.values()].flatMap((waiters) => [...waiters]),
        outcome,
      ),
  };
}
