import { isPassed, type Result } from './runner.js';

const cellOf = (result: Result | undefined): string => {
  if (result === undefined) return '–';
  const counts = `${result.passed}/${result.passed + result.failed + result.warnings}`;
  return `${isPassed(result) ? '✓' : '✗'} ${counts}${result.exitCode === 0 ? '' : ` exit ${result.exitCode}`}`;
};

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Scenario × version: checks passed of those that were made, and the sum. Markdown. */
export function tableOf(results: readonly Result[]): string {
  const versions = [...new Set(results.map(({ version }) => version))];
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const passed = results.filter(isPassed).length;
  const sums = versions.map((version) => {
    const own = results.filter((result) => result.version === version);
    return `${own.filter(isPassed).length} of ${own.length}`;
  });
  return [
    row(['scenario', ...versions]),
    row(['---', ...versions.map(() => '---')]),
    ...scenarios.map((scenario) =>
      row([
        scenario.replace('auth/', ''),
        ...versions.map((version) =>
          cellOf(results.find((one) => one.scenario === scenario && one.version === version)),
        ),
      ]),
    ),
    row(['**passed**', ...sums]),
    '',
    `${passed} of ${results.length} passed.`,
  ].join('\n');
}
