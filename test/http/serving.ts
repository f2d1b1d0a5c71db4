import { onTestFinished } from 'vitest';
import type { HttpPart } from '../../src/http/adapter-parts.js';
import type { ListenOptions } from '../../src/http/listening.js';
import { createPublicApp, listenOn } from '../../src/http/server.js';
import type { Log } from '../../src/observability/log.js';
import { MemorySignIns } from './memory-sign-ins.js';

/** A log that keeps what it is told, as text. */
export function keptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (facts: object, message: string): void => {
    lines.push(
      `${message} ${JSON.stringify(facts, (_, value) => (value instanceof Error ? value.message : value))}`,
    );
  };
  return { lines, trace: keep, debug: keep, info: keep, warn: keep, error: keep };
}

/** The public listener over sign-ins in memory, on a free port, closed after the test. */
export async function servePublic(
  publicUrl = 'https://gateway.example.org',
  parts: readonly HttpPart[] = [],
  how: Pick<ListenOptions, 'arrivalMs'> = {},
) {
  const signIns = new MemorySignIns();
  const log = keptLog();
  const listening = await listenOn(createPublicApp({ signIns, publicUrl, parts, log }), {
    host: '127.0.0.1',
    port: 0,
    ...how,
  });
  onTestFinished(() => listening.close());
  return { signIns, log, url: listening.url, port: listening.port };
}
