const USUAL_MS = 41_250;
const SHORTEST_MS = 1_000;

/** The sign of life that both sides give: what is not answered means a connection that is dead without saying so. */
export interface Heartbeat {
  begin(intervalMs: number | undefined): void;
  acknowledged(): void;
  end(): void;
}

export function createHeartbeat(beat: () => void, dead: () => void): Heartbeat {
  let answered = true;
  let timer: NodeJS.Timeout | undefined;

  function next(intervalMs: number, waitMs = intervalMs): void {
    timer = setTimeout(() => {
      if (!answered) {
        dead();
        return;
      }
      answered = false;
      beat();
      next(intervalMs);
    }, waitMs);
  }

  return {
    /** The first one is not everybody's at the same moment (Discord, "Heartbeat Interval"). */
    begin(intervalMs = USUAL_MS) {
      const everyMs = Math.max(SHORTEST_MS, intervalMs);
      next(everyMs, everyMs * Math.random());
    },
    acknowledged() {
      answered = true;
    },
    end: () => clearTimeout(timer),
  };
}
