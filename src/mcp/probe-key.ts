import type { Subject } from '../auth/types.js';

/** Whose look at which server. */
export interface ProbeKey {
  readonly server: string;
  readonly subject: Subject;
}

export const keyOf = ({ server, subject }: ProbeKey): string => JSON.stringify([server, subject]);
