/**
 * Says that something a test needs is not installed: the test skips with the reason and the install line.
 * Under `REQUIRE_ALL=1` (what `.ci/run` sets) it fails instead, so that a skip is never passed off as green.
 */
export function missing(what: string, install: string): undefined {
  const reason = `${what} is not installed: ${install}`;
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return undefined;
}
