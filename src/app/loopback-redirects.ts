import { isLoopbackHost } from '../auth/requests/address-guard.js';
import type { RedirectListeners } from '../auth/sign-in/deps.js';
import { type Listening, listenOn, type WebApp } from '../http/listening.js';
import type { Log } from '../observability/log.js';

export interface LoopbackRedirectsParts {
  /** The gateway's own address on this machine, which listens by itself. */
  readonly ownUrl: string;
  /** The public pages: their callback answers here too. */
  readonly app: () => WebApp;
  readonly log: Log;
}

export interface LoopbackRedirects extends RedirectListeners {
  close(): Promise<void>;
}

/** The callback and nothing else, under the path that the provider was given. */
function callbackAt(path: string, app: () => WebApp): WebApp {
  return {
    fetch(request, bindings) {
      const url = new URL(request.url);
      if (url.pathname !== path || request.method !== 'GET')
        return new Response('Not found\n', { status: 404 });
      url.pathname = '/oauth/callback';
      return app().fetch(new Request(url, request), bindings);
    },
  };
}

/**
 * The ports of `oauth.redirect_port` and of configured loopback redirect URIs. Each is open only while a sign-in waits
 * there, because an agent on this machine may be configured with the same one.
 */
export function createLoopbackRedirects({ ownUrl, app, log }: LoopbackRedirectsParts): LoopbackRedirects {
  const opened = new Map<string, Promise<Listening>>();
  const failing = new Set<string>();
  let closed = false;

  function isOurs(redirectUri: string): boolean {
    const { protocol, hostname, origin } = new URL(redirectUri);
    return !closed && protocol === 'http:' && isLoopbackHost(hostname) && origin !== new URL(ownUrl).origin;
  }

  async function open(redirectUri: string): Promise<void> {
    if (!isOurs(redirectUri)) return;
    const { hostname, port, pathname } = new URL(redirectUri);
    const host = hostname === 'localhost' ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, '');
    const listening =
      opened.get(redirectUri) ??
      listenOn(callbackAt(pathname, app), { host, port: Number(port || 80), setting: 'oauth.redirect_port' });
    opened.set(redirectUri, listening);
    try {
      await listening;
      failing.delete(redirectUri);
    } catch (error) {
      opened.delete(redirectUri);
      throw error;
    }
  }

  async function end(redirectUri: string): Promise<void> {
    const listening = opened.get(redirectUri);
    opened.delete(redirectUri);
    await (await listening?.catch(() => undefined))?.close();
  }

  return {
    open,
    async keepOnly(redirectUris) {
      const gone = [...opened.keys()].filter((uri) => !redirectUris.includes(uri));
      await Promise.all(gone.map(end));
      for (const uri of redirectUris) {
        await open(uri).catch((error: unknown) => {
          // Another process of this gateway may have it, which is as good. Said once: this comes every few seconds.
          if (!failing.has(uri))
            log.info({ error }, 'a redirect port is taken; people can still send the address');
          failing.add(uri);
        });
      }
    },
    async close() {
      closed = true;
      await Promise.all([...opened.keys()].map(end));
    },
  };
}
