import type { Discovery } from './discovery.js';
import type { HttpServer } from './types.js';

/** For what a client is needed. */
export interface RegistrationRequest {
  readonly server: HttpServer;
  readonly discovery: Discovery;
  readonly redirectUri: string;
  readonly scope?: string;
}
