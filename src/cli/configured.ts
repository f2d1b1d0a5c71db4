import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { type ConfigMap, mapOf } from '../gateway/config/reading.js';
import {
  type ConfigOutcome,
  formatMistakes,
  loadConfig,
  parseConfig,
  peekConfig,
} from '../gateway/config.js';
import type { Settings } from '../gateway/settings.js';
import type { StorageKind } from '../storage/places.js';
import { VerbError } from './failure.js';

const DEFAULT_CONFIG = 'config.yaml';
const LOOPBACK = '127.0.0.1';

/** A gateway's settings and where they come from. */
export interface Configured {
  readonly settings: Settings;
  /** Absent for the demo, which has no file. */
  readonly file?: string;
  /** For the person who started it; one sentence each. */
  readonly notes: readonly string[];
  /** How `/mcp reload` reads it again: for `createApp`. */
  readonly reload: { readonly load?: () => Promise<ConfigOutcome> };
  /** Ends what runs beside the gateway (the demo's servers). */
  stop(): Promise<void>;
}

/** The config that was named, or the one of this folder; undefined where neither is there. */
export function configFile(named: string | undefined): string | undefined {
  return named ?? (existsSync(DEFAULT_CONFIG) ? DEFAULT_CONFIG : undefined);
}

/** @throws {VerbError} with all mistakes at once */
export async function readConfig(file: string = DEFAULT_CONFIG): Promise<Configured> {
  const load = () => loadConfig(file, process.env);
  const outcome = await load();
  if (outcome.kind === 'mistakes') throw new VerbError(formatMistakes(outcome.mistakes), 2);
  const notes = outcome.warnings.length === 0 ? [] : [formatMistakes(outcome.warnings)];
  return { settings: outcome.settings, file, notes, reload: { load }, stop: async () => {} };
}

/**
 * What the config says of a chat platform so far, and its `public_url`: for verbs that help to finish it, while tokens
 * are missing. Nothing where there is no config.
 *
 * @throws {VerbError} where the file is no YAML
 */
export async function unfinishedPlatform(
  named: string | undefined,
  platform: 'slack' | 'discord',
): Promise<{ readonly file?: string; readonly block: Readonly<ConfigMap>; readonly publicUrl?: string }> {
  const file = configFile(named);
  if (file === undefined) return { block: {} };
  const peek = await peekConfig(file, process.env);
  if (peek.kind === 'mistakes') throw new VerbError(formatMistakes(peek.mistakes), 2);
  const { public_url: url, platforms } = peek.root;
  const publicUrl = typeof url === 'string' && url !== '' ? { publicUrl: url.replace(/\/+$/, '') } : {};
  return { file, block: mapOf(mapOf(platforms)[platform]), ...publicUrl };
}

/**
 * A storage that is named on the command line as the config names it, variables and all.
 *
 * @param argument what it is called there
 * @throws {VerbError}
 */
export function namedStorage(text: string, argument: string): StorageKind {
  const written = text.startsWith('{') ? text : JSON.stringify(text);
  // Records are copied as they are: no key is needed, though a config that names a server needs one.
  const config = `storage: ${written}\nsecurity: { encryption_key: ${'-'.repeat(32)} }`;
  const outcome = parseConfig(config, { file: argument, environment: process.env });
  if (outcome.kind === 'mistakes') throw new VerbError(formatMistakes(outcome.mistakes), 2);
  return outcome.settings.storage;
}

/** The demo's servers, started, and the settings of a gateway for them. */
export async function startDemoServers(port: number): Promise<Configured> {
  const { startDemo } = await import('../demo/demo.js');
  const demo = await startDemo({ listen: `${LOOPBACK}:${port}`, localListen: `${LOOPBACK}:${port + 1}` });
  // JSON is YAML; the environment of this process is no part of the demo.
  const outcome = parseConfig(JSON.stringify(demo.config), { file: 'the demo', environment: {} });
  if (outcome.kind === 'mistakes') throw new Error(formatMistakes(outcome.mistakes));
  return {
    settings: outcome.settings,
    notes: [
      `Every login in the demo has the password ${demo.password}.`,
      `The weather server asks for this key: ${demo.apiKey}`,
    ],
    reload: {},
    stop: () => demo.stop(),
  };
}

/** What a chat in this terminal talks to: the gateway of the config, else a demo of its own on free ports. */
export async function configuredOrDemo(named: string | undefined): Promise<Configured> {
  const file = configFile(named);
  if (file !== undefined) return readConfig(file);
  const demo = await startDemoServers(await freePort());
  return { ...demo, notes: ['No config.yaml in this folder: this is the demo.', ...demo.notes] };
}

/** Of two that follow each other. */
async function freePort(): Promise<number> {
  for (;;) {
    const first = await listenOnce(0);
    if (first < 65_535 && (await listenOnce(first + 1).catch(() => 0)) > 0) return first;
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}
