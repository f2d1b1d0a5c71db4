import { scrub } from '../observability/scrub.js';

/**
 * For a program that owns its process: an error that nobody caught, or a rejection that nobody handled, ends it with one
 * line like those of the log. Node's own words show every property of the error: of a request its headers, of an address
 * its query.
 */
export function reportCrashes(): void {
  process.on('uncaughtException', (error, origin) => {
    const facts = {
      level: 60,
      time: new Date(),
      origin,
      error: scrub(error),
      msg: 'nobody caught this error',
    };
    process.stderr.write(`${JSON.stringify(facts)}\n`);
    process.exit(1);
  });
}
