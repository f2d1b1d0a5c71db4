import { readFile } from 'node:fs/promises';
import { placeKey } from '../gateway/config/reading.js';
import { readYaml } from '../gateway/config/yaml.js';

/** Where a block stands in the config: `config.yaml:12` for `['mcp_servers', 'linear']`. */
export type LineFinder = (path: readonly string[]) => string;

export async function lineFinder(file: string): Promise<LineFinder> {
  const yaml = readYaml(await readFile(file, 'utf8'), file);
  return (path) => {
    const place = yaml.kind === 'read' ? yaml.reading.places.get(placeKey(path)) : undefined;
    return place === undefined ? file : `${file}:${place.key.line}`;
  };
}
