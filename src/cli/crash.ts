import { scrub } from '../observability/scrub.js';

/**
 * One line like those of the log. Node's own words show every property of an error that nobody caught: of a request its
 * headers, of an address its query.
 */
export function crashLine(error: unknown, origin: string, now: Date): string {
  return JSON.stringify({
    level: 60,
    time: now,
    origin,
    error: scrub(error),
    msg: 'nobody caught this error',
  });
}

/** For a program that owns its process. What nobody caught, or handled, ends it. */
export function reportCrashes(): void {
  process.on('uncaughtException', (error, origin) => {
    process.stderr.write(`${crashLine(error, origin, new Date())}\n`);
    process.exit(1);
  });
}
