import { pino } from 'pino';
import { scrub } from './scrub.js';

/** One line of structured facts. Never a token, code, verifier, state, key or URL with a query: see `scrub`. */
export interface Log {
  trace(facts: object, message: string): void;
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where the lines of a log go. */
export interface LogDestination {
  write(line: string): void;
}

/** A JSON-lines log on standard error, so that standard output stays the chat's. */
export function createLog(
  level: LogLevel,
  destination: LogDestination = pino.destination({ fd: 2, sync: true }),
): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: (facts) => scrub(facts) as Record<string, unknown> },
    },
    destination,
  );
}

export const silentLog: Log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
