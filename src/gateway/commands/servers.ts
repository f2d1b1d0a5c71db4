import type { Server } from '../../auth/types.js';
import type { Settings } from '../settings.js';

/**
 * The server with a name that the router has found. Undefined only where a reload took it away in between.
 */
export function serverNamed(settings: Settings, name: string | undefined): Server | undefined {
  return settings.servers.find((server) => server.name === name);
}
