import { request } from 'node:http';
import type { Fields } from './shapes.js';
import type { Update } from './update-queue.js';

export type PostOutcome =
  | { readonly kind: 'taken'; readonly body: Fields }
  | { readonly kind: 'failed'; readonly message: string };

interface PostDeps {
  readonly routes: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where a webhook's address leads on this machine; nothing is ever dialled beyond it. */
function localAddress(url: string, routes: Readonly<Record<string, string>>): URL | undefined {
  const { origin, pathname, search, protocol, hostname } = new URL(url);
  const route = routes[origin];
  if (route !== undefined) return new URL(pathname + search, route);
  return protocol === 'http:' && hostname === '127.0.0.1' ? new URL(url) : undefined;
}

function fieldsIn(body: string): Fields {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function reason(error: Error): string {
  if ('code' in error && error.code === 'ECONNREFUSED') return 'Connection refused';
  return error.message === 'timeout' ? 'Read timeout expired' : 'Connection reset by peer';
}

/** One POST of one update. Any answer but 2xx is a failure. */
export function postUpdate(
  target: { readonly url: string; readonly secret?: string },
  update: Update,
  { routes, timeoutMs, signal }: PostDeps,
): Promise<PostOutcome> {
  const address = localAddress(target.url, routes);
  if (address === undefined)
    return Promise.resolve({ kind: 'failed', message: 'Failed to resolve host: Name or service not known' });
  const body = JSON.stringify(update);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(target.secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': target.secret }),
  };
  return new Promise((resolve) => {
    const post = request(address, { method: 'POST', headers, signal, timeout: timeoutMs }, (response) => {
      const { statusCode = 0, statusMessage = '' } = response;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', (error) => resolve({ kind: 'failed', message: reason(error) }));
      response.on('end', () => {
        if (statusCode >= 200 && statusCode < 300) resolve({ kind: 'taken', body: fieldsIn(text) });
        else
          resolve({
            kind: 'failed',
            message: `Wrong response from the webhook: ${statusCode} ${statusMessage}`,
          });
      });
    });
    post.on('timeout', () => post.destroy(new Error('timeout')));
    post.on('error', (error) => resolve({ kind: 'failed', message: reason(error) }));
    post.end(body);
  });
}
