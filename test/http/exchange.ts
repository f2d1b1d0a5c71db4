import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';

export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

/** One request over a real socket with exactly these headers; redirects are not followed. */
export function exchange(url: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: { connection: 'close', ...headers } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What a browser sends with a form of our own page, whose `no-referrer` makes its `Origin` opaque. */
export const OWN_FORM_HEADERS = {
  'content-type': 'application/x-www-form-urlencoded',
  origin: 'null',
  'sec-fetch-site': 'same-origin',
} as const;

export function form(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}
