import type { Discovery } from '../discovery/discovery.js';
import type { HttpServer } from '../types.js';

/** For what a client is needed. */
export interface RegistrationRequest {
  readonly server: HttpServer;
  readonly discovery: Discovery;
  readonly redirectUri: string;
  readonly scope?: string;
  /** The client is to sign people in by code (RFC 8628): a registration of its own, as some providers refuse the grant. */
  readonly device?: boolean;
}
