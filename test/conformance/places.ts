import { fileURLToPath } from 'node:url';
import type { Beside } from '../helpers/installed-beside.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The official suite, and the Node that it needs. */
export const RUNNER: Beside = { source: at('./runner'), folder: at('../../.conformance/runner') };
