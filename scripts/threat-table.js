// The threats, their tests and their mutations as the project keeps them, and SECURITY.md's table of them.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const root = fileURLToPath(new URL('..', import.meta.url));
/** Results of the last runs, for who looks at them later. Not under version control. */
export const resultsFolder = join(root, '.threats');

const FOLDER = 'test/threats';
const BEGIN = '<!-- The table is made by `npm run threats -- --write` from test/threats/rows.yaml. -->';
const END = '<!-- The end of the table. -->';

const readYaml = (file) => parse(readFileSync(join(root, FOLDER, file), 'utf8'));

const testsOf = (row, files) => files.filter((file) => file.startsWith(`${String(row).padStart(2, '0')}-`));

/** Each row with its test files (from the project's root) and the mutations of its defences. */
export function readThreats() {
  const files = readdirSync(join(root, FOLDER)).filter((file) => file.endsWith('.test.ts'));
  const mutations = readYaml('mutations.yaml');
  return readYaml('rows.yaml').map(({ row, attack, holds }) => ({
    row,
    attack,
    holds,
    tests: testsOf(row, files.toSorted()).map((file) => `${FOLDER}/${file}`),
    mutations: mutations.filter((mutation) => mutation.row === row),
  }));
}

/** All places of a mutation: its own, and the rest of a defence that stands in two. */
export const editsOf = ({ file, find, replace = '', also = [] }) => [
  { file, find, replace },
  ...also.map((edit) => ({ replace: '', ...edit })),
];

/** A result counts for the mutation that it was found with, and for no other that came to have its name. */
export const markOf = (mutation) =>
  createHash('sha256').update(JSON.stringify(mutation)).digest('hex').slice(0, 16);

const cell = (text) => text.replaceAll('|', '\\|');
const link = (path) => `[${path.slice(FOLDER.length + 1, -'.test.ts'.length)}](${path})`;

function table(rows) {
  const lines = rows.map(
    ({ row, attack, holds, tests }) =>
      `| ${row} | ${cell(attack)} | ${cell(holds)} | ${tests.map(link).join(' · ')} |`,
  );
  return ['| # | Attack or accident | What holds | Tests |', '|---|---|---|---|', ...lines].join('\n');
}

/** SECURITY.md with the table of these rows in it. @throws {Error} where it has no place for one */
export function withTable(security, rows) {
  const [begin, end] = [security.indexOf(BEGIN), security.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('SECURITY.md has lost the place of its table');
  return `${security.slice(0, begin + BEGIN.length)}\n\n${table(rows)}\n\n${security.slice(end)}`;
}
