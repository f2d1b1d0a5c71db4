import type { SharedEngine, SharedEngineOptions } from './engine.js';
import type { ServerPlace } from './places.js';

/** Loads what the server needs only now: a gateway on files has none of it. @throws {StoreError} */
export async function openServer(place: ServerPlace, options: SharedEngineOptions): Promise<SharedEngine> {
  if (place.kind === 'redis') return (await import('./redis/engine.js')).RedisEngine.open(place, options);
  return (await import('./postgres/engine.js')).PostgresEngine.open(place, options);
}
