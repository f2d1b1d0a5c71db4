import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** package.json and lock file of what is installed for the runner. */
export const RUNNER_SOURCE = at('./runner');
/** Where it is installed: beside the project, never into it. */
export const RUNNER_FOLDER = at('../../.conformance/runner');
