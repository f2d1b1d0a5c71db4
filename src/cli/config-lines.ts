import { readFile } from 'node:fs/promises';
import { placeKey } from '../gateway/config/reading.js';
import { readYaml } from '../gateway/config/yaml.js';

/** Where a server stands in the config: `config.yaml:12`. */
export type LineFinder = (server: string) => string;

export async function lineFinder(file: string): Promise<LineFinder> {
  const yaml = readYaml(await readFile(file, 'utf8'), file);
  return (server) => {
    const place =
      yaml.kind === 'read' ? yaml.reading.places.get(placeKey(['mcp_servers', server])) : undefined;
    return place === undefined ? file : `${file}:${place.key.line}`;
  };
}
