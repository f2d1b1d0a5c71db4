import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Observed } from './observed.js';

/** What is asked when somebody scrapes. */
export interface Gauges {
  /** Sign-ins that have not ended, in the whole deployment. */
  readonly pendingSignIns: () => Promise<number>;
  /** Sessions with MCP servers that this process has open. */
  readonly sessions?: () => number;
  /** By part (`store`, `telegram`): whether it works. */
  readonly parts: () => Promise<Readonly<Record<string, boolean>>>;
}

export interface Instruments {
  readonly observed: Observed;
  /** In the text format of Prometheus. */
  text(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const COMMAND_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30];
/** People read a page, look for a password, are called away. */
const SIGN_IN_SECONDS = [5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];
const LOCK_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60];

/** The only place that knows prom-client. A registry of our own: a host's is not touched. */
export function createInstruments(gauges: Gauges, version: string): Instruments {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  addGauges(registry, gauges, version);
  const commands = new Histogram({
    name: 'mcp_gateway_command_duration_seconds',
    help: 'Commands and pressed buttons, until their answer was delivered',
    labelNames: ['command', 'outcome'],
    buckets: COMMAND_SECONDS,
    registers,
  });
  const signIns = counter('mcp_gateway_sign_ins_total', 'Sign-ins that have ended', ['outcome']);
  const signInSeconds = new Histogram({
    name: 'mcp_gateway_sign_in_duration_seconds',
    help: 'Sign-ins from their link to their end',
    labelNames: ['outcome'],
    buckets: SIGN_IN_SECONDS,
    registers,
  });
  const refreshes = counter('mcp_gateway_token_refreshes_total', 'Refreshes of tokens', ['outcome']);
  const deliveries = counter('mcp_gateway_deliveries_total', 'Messages handed to a chat platform', [
    'platform',
    'outcome',
  ]);
  const locks = new Histogram({
    name: 'mcp_gateway_lock_wait_seconds',
    help: 'Waiting for a lock of the store',
    labelNames: ['kind'],
    buckets: LOCK_SECONDS,
    registers,
  });
  const limits = counter('mcp_gateway_limits_reached_total', 'Windows of a limit that were used up', [
    'limit',
  ]);

  function counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers });
  }

  return {
    observed: {
      command: (command, outcome, seconds) => commands.observe({ command, outcome }, seconds),
      signIn(outcome, seconds) {
        signIns.inc({ outcome });
        if (seconds !== undefined) signInSeconds.observe({ outcome }, seconds);
      },
      refresh: (outcome) => refreshes.inc({ outcome }),
      delivery: (platform, outcome) => deliveries.inc({ platform, outcome }),
      lock: (kind, waitedSeconds) => locks.observe({ kind }, waitedSeconds),
      limit: (limit) => limits.inc({ limit }),
    },
    text: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  };
}

function addGauges(registry: Registry, { pendingSignIns, sessions, parts }: Gauges, version: string): void {
  const registers = [registry];
  new Gauge({
    name: 'mcp_gateway_info',
    help: 'Which version runs',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  new Gauge({
    name: 'mcp_gateway_sign_ins_pending',
    help: 'Sign-ins that have not ended, in the whole deployment',
    registers,
    async collect() {
      // A store that is down is said by mcp_gateway_ready; the rest of the scrape is not held up by it.
      this.set(await pendingSignIns().catch(() => Number.NaN));
    },
  });
  if (sessions !== undefined) {
    new Gauge({
      name: 'mcp_gateway_sessions',
      help: 'Open sessions with MCP servers, of this process',
      registers,
      collect() {
        this.set(sessions());
      },
    });
  }
  new Gauge({
    name: 'mcp_gateway_ready',
    help: 'Whether a part works: the store, each chat platform',
    labelNames: ['part'],
    registers,
    async collect() {
      for (const [part, works] of Object.entries(await parts())) this.set({ part }, works ? 1 : 0);
    },
  });
}
