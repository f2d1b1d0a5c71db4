// Known weaknesses of what is installed: `npm run audit`. Everything that ships is part of the bundle, and so a
// devDependency: `npm audit --omit=dev` would look at nothing. This looks at everything, and ends with 1 where a package
// that the bundle contains is affected. Where the audit server does not answer it says so, and ends well.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle.js';

const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));

function ask() {
  const options = { cwd: root, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 };
  return new Promise((resolve) => {
    execFile('npm', ['audit', '--json'], options, (_error, stdout) => resolve(stdout));
  });
}

/** The report, or undefined: no server, or one that does not do this. */
function reportIn(stdout) {
  try {
    const report = JSON.parse(stdout);
    return typeof report.vulnerabilities === 'object' ? report : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param stdout what `npm audit --json` printed
 * @param shipped names and versions, `name@version`, of what the bundle contains
 * @param locked package-lock.json's packages, by place
 * @returns lines to print, and whether what ships is affected
 */
function verdict(stdout, shipped, locked) {
  const report = reportIn(stdout);
  if (report === undefined)
    return {
      lines: ['Not audited: no audit server answers here. Nothing is known, good or bad.'],
      bad: false,
    };
  const found = Object.values(report.vulnerabilities).map(({ name, severity, nodes, via }) => {
    const ships = nodes.some((node) => shipped.has(`${name}@${locked[node]?.version}`));
    const titles = via.flatMap((cause) => (typeof cause === 'string' ? [] : [cause.title]));
    return {
      ships,
      line: `${ships ? 'SHIPS' : 'tools'} ${severity} ${name}: ${titles.join('; ') || 'by what it uses'}`,
    };
  });
  const affected = found.filter(({ ships }) => ships).length;
  const sum = `Audited: ${found.length} packages have known weaknesses, ${affected} of them in what ships.`;
  return { lines: [...found.map(({ line }) => line), sum], bad: affected > 0 };
}

const nameOf = ({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name}@${version}`;
const shipped = new Set(read('dist/sbom.json').components.map(nameOf));
const { lines, bad } = verdict(await ask(), shipped, read('package-lock.json').packages);
for (const line of lines) process.stdout.write(`${line}\n`);
if (bad) process.exitCode = 1;
