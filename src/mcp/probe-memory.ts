import { keyOf, type ProbeKey } from './probe-key.js';
import type { Probe, ProbeResult } from './types.js';

/** What the last looks showed. Bounded: the longest unused goes first. */
export class ProbeMemory {
  readonly #probes = new Map<string, Probe>();
  constructor(readonly most: number) {}

  get(key: ProbeKey): Probe | undefined {
    const name = keyOf(key);
    const probe = this.#probes.get(name);
    if (probe !== undefined) this.#keep(name, probe);
    return probe;
  }

  /** Remembers the result as of now; `sinceMs` reaches back over looks that ended the same way. */
  remember(key: ProbeKey, result: ProbeResult, startedAtMs: number, atMs: number): Probe {
    const name = keyOf(key);
    const before = this.#probes.get(name);
    const sinceMs = before?.result.kind === result.kind ? before.sinceMs : atMs;
    const probe = { ...key, atMs, latencyMs: atMs - startedAtMs, sinceMs, result };
    this.#keep(name, probe);
    return probe;
  }

  forget(server: string, subject?: string): void {
    for (const [key, probe] of this.#probes) {
      if (probe.server === server && (subject === undefined || probe.subject === subject))
        this.#probes.delete(key);
    }
  }

  #keep(name: string, probe: Probe): void {
    this.#probes.delete(name);
    this.#probes.set(name, probe);
    if (this.#probes.size <= this.most) return;
    const oldest = this.#probes.keys().next();
    if (oldest.done !== true) this.#probes.delete(oldest.value);
  }
}
