// The bill of materials of a bundle, in CycloneDX 1.6: what it contains, each with its version, licence and the hash by
// which package-lock.json knows it. `npm sbom` would list what is installed, and most of that does not ship.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** https://github.com/package-url/purl-spec: the scope's `@` is escaped, its slash is not. */
const purlOf = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

function nameOf({ name, version }) {
  const [last, scope] = name.split('/').toReversed();
  return { ...(scope === undefined ? {} : { group: scope }), name: last, version };
}

/** One licence has an id, several are an expression (SPDX). */
function licencesOf({ license }) {
  if (license === undefined) return {};
  return { licenses: [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }] };
}

/** `sha512-…` in base64 is the hash of the package as the registry gives it. */
function hashesOf(integrity) {
  const sha512 = /^sha512-(\S+)$/.exec(integrity ?? '')?.[1];
  if (sha512 === undefined) return {};
  return { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] };
}

function component(type, one, integrity) {
  const purl = purlOf(one);
  return { type, 'bom-ref': purl, ...nameOf(one), ...licencesOf(one), ...hashesOf(integrity), purl };
}

/** What package-lock.json says of each installed package, by its place. */
function lockedIn(root) {
  const file = join(root, 'package-lock.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/**
 * @param root the project's folder
 * @param packages what the bundle contains of others
 * @returns the text of sbom.json: the same for the same sources, so without a date and a serial number
 */
export function billOfMaterials(root, packages) {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const locked = lockedIn(root);
  const integrityOf = ({ folder }) => locked[relative(root, folder).replaceAll(sep, '/')]?.integrity;
  const components = packages.map((one) => component('library', one, integrityOf(one)));
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component('application', own) },
    components,
    dependencies: [{ ref: purlOf(own), dependsOn: components.map((one) => one['bom-ref']) }],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}
