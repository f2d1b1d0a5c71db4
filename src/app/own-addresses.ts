import { isLoopbackHost } from '../auth/requests/address-guard.js';
import type { Listen } from '../gateway/settings.js';

/** `[::1]` in URLs, RFC 3986 §3.2.2. Whoever binds to every address reaches this machine by its loopback name. */
export function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Where the public listener is reached on this machine, as far as it is. */
export function loopbackUrl({ host, port }: Listen): string {
  const own = hostInUrl(host);
  return `http://${isLoopbackHost(own) ? own : '127.0.0.1'}:${port}`;
}
