import { keyOf, type ProbeKey } from './probe-key.js';
import type { Probe, ProbeResult } from './types.js';

/** What the last looks showed. Bounded: the longest unused goes first. */
export class ProbeMemory {
  readonly #probes = new Map<string, Probe>();
  constructor(readonly most: number) {}

  get(key: ProbeKey): Probe | undefined {
    const probe = this.#probes.get(keyOf(key));
    if (probe !== undefined) this.#keep(probe);
    return probe;
  }

  /** Remembers the result as of now; `sinceMs` reaches back over looks that ended the same way. */
  remember(key: ProbeKey, result: ProbeResult, startedAtMs: number, atMs: number): Probe {
    const before = this.#probes.get(keyOf(key));
    const sinceMs = before?.result.kind === result.kind ? before.sinceMs : atMs;
    const probe = { ...key, atMs, latencyMs: atMs - startedAtMs, sinceMs, result };
    this.#keep(probe);
    return probe;
  }

  forget(server: string, subject?: string): void {
    for (const [key, probe] of this.#probes) {
      if (probe.server === server && (subject === undefined || probe.subject === subject))
        this.#probes.delete(key);
    }
  }

  #keep(probe: Probe): void {
    const key = keyOf(probe);
    this.#probes.delete(key);
    this.#probes.set(key, probe);
    const oldest = this.#probes.keys().next();
    if (this.#probes.size > this.most && oldest.done !== true) this.#probes.delete(oldest.value);
  }
}
