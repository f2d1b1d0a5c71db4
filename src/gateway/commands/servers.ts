import type { Server } from '../../auth/types.js';

/** The server with this name, of those that are there for who asks. */
export function serverNamed(
  { servers }: { readonly servers: readonly Server[] },
  name: string | undefined,
): Server | undefined {
  return servers.find((server) => server.name === name);
}
