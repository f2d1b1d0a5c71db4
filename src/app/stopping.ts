import { within } from '../gateway/boards/pace.js';
import type { Log } from '../observability/log.js';

/** One step of the end. */
export interface Step {
  /** For the log. */
  readonly what: string;
  end(): Promise<unknown>;
  /** What takes longer is left behind: the process is about to end. */
  readonly atMostMs: number;
}

/**
 * One step after the other, each for so long and no longer; a step that fails holds up no other. So the end comes within
 * the sum of their times, whatever hangs.
 */
export async function inSteps(steps: readonly Step[], log: Log): Promise<void> {
  for (const { what, end, atMostMs } of steps) {
    try {
      const ended = await within(
        end().then(() => true),
        atMostMs,
      );
      if (ended === undefined) log.warn({ what, atMostMs }, 'left behind at the end');
    } catch (error) {
      log.warn({ what, error }, 'did not end well');
    }
  }
}
