import type { Mark } from '../../../gateway/types.js';

/** One thing that `check` finds about the bot. `failed`: it does not work; `attention`: not yet, or not for everybody. */
export interface Finding {
  readonly mark: Mark;
  readonly text: string;
  /** What to do; sentences. */
  readonly remedy?: string;
}
