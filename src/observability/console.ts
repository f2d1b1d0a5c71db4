import type { Log } from './log.js';

const LEVELS = { log: 'info', info: 'info', debug: 'debug', warn: 'warn', error: 'error' } as const;

/**
 * For a program that owns its process: what libraries write to the console goes into the redacting log instead (the
 * MCP SDK warns there with texts of providers).
 */
export function routeConsole(log: Log, target: Pick<Console, keyof typeof LEVELS> = console): void {
  for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const) {
    target[method] = (...said: readonly unknown[]) =>
      log[LEVELS[method]]({ said }, 'a library said something');
  }
}
