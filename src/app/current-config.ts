import type { HttpServer, Server } from '../auth/types.js';
import { createPeople } from '../gateway/access/people.js';
import type { Services } from '../gateway/services.js';
import type { Settings } from '../gateway/settings.js';

/** The config as it is now, and what is asked of it with every command and call. */
export interface CurrentConfig {
  settings(): Settings;
  server(name: string): Server | undefined;
  /** Undefined for a process too. */
  httpServer(name: string): HttpServer | undefined;
  readonly people: Services['people'];
  replace(next: Settings): void;
}

export function createCurrentConfig(first: Settings): CurrentConfig {
  let settings = first;
  let people = createPeople(first);
  let servers = byName(first);
  return {
    settings: () => settings,
    server: (name) => servers.get(name),
    httpServer(name) {
      const server = servers.get(name);
      return server === undefined || server.kind === 'stdio' ? undefined : server;
    },
    people: { subjectOf: (actor) => people.subjectOf(actor) },
    replace(next) {
      settings = next;
      people = createPeople(next);
      servers = byName(next);
    },
  };
}

function byName({ servers }: Settings): ReadonlyMap<string, Server> {
  return new Map(servers.map((server) => [server.name, server]));
}
