// The licences of what a bundle contains, from the packages' own files.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;
const HEAD = `mcp-chat-gateway contains code of the packages below, each under the licence that follows its name.
`;

function notice({ name, version, license, folder }) {
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  if (files.length === 0) throw new Error(`${name} ${version} has no licence file: it cannot be bundled`);
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

/**
 * @param packages what the bundle contains of others
 * @returns the text of THIRD-PARTY-NOTICES.txt
 * @throws {Error} where a package brings no licence
 */
export function thirdPartyNotices(packages) {
  const line = `\n${'-'.repeat(80)}\n\n`;
  return `${[HEAD, ...packages.map((one) => `${notice(one)}\n`)].join(line)}`;
}
