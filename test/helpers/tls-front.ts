import { request as httpRequest } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo, LookupFunction } from 'node:net';
import { testCertificate } from './test-certificate.js';

export interface TlsFront {
  /** `https://gateway.test:1234`. */
  readonly origin: string;
  /** `METHOD /path` of every request, in order. */
  readonly requests: string[];
  /** Where it passes requests on to; 502 until then. */
  target: string | undefined;
  /** A client that knows the name and trusts the certificate; redirects are not followed. */
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

/** Any name is this machine. */
const here: LookupFunction = (_name, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

async function fetchOver(ca: string, request: Request): Promise<Response> {
  const body = Buffer.from(await request.arrayBuffer());
  return await new Promise((resolve, reject) => {
    const headers = Object.fromEntries(request.headers);
    const options = { method: request.method, headers, ca, lookup: here, agent: false };
    const outgoing = httpsRequest(request.url, options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const answered = new Headers();
        for (const [name, values = []] of Object.entries(incoming.headersDistinct))
          for (const value of values) answered.append(name, value);
        const text = chunks.length === 0 ? null : Buffer.concat(chunks);
        resolve(new Response(text, { status: incoming.statusCode ?? 502, headers: answered }));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What stands in front of a gateway with a public name: TLS ends here. */
export async function startTlsFront(host = 'gateway.test'): Promise<TlsFront> {
  const { ca, cert, key } = testCertificate(host);
  const requests: string[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    requests.push(`${request.method} ${request.url?.split('?')[0]}`);
    const { method, headers, url = '/' } = request;
    if (front.target === undefined) return void response.writeHead(502).end();
    const onward = httpRequest(new URL(url, front.target), { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const front: TlsFront = {
    origin: `https://${host}:${(server.address() as AddressInfo).port}`,
    requests,
    target: undefined,
    fetch: (url, init) => fetchOver(ca, new Request(url, init)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return front;
}
