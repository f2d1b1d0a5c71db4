import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Discord } from '../helpers/discord/face.js';

/** What stands between a gateway and Discord's REST API: it passes everything on, until it is told to talk. */
export interface Relay {
  /** `api_root` by this way. */
  readonly api: string;
  /** Answers the next call like this as a proxy's debug page does: with all that it was sent, headers too, in HTML. */
  echo(call: RegExp, status: number): void;
  close(): Promise<void>;
}

export async function startRelay({ api }: Pick<Discord, 'api'>): Promise<Relay> {
  const echoes: { call: RegExp; status: number }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { method = 'GET', url = '/', headers } = request;
    const at = echoes.findIndex(({ call }) => call.test(`${method} ${url}`));
    const [echo] = at < 0 ? [] : echoes.splice(at, 1);
    if (echo !== undefined) {
      response.writeHead(echo.status, { 'content-type': 'text/html' });
      return void response.end(
        `<pre>${method} http://relay${url}\n${JSON.stringify(headers)}\n${body}</pre>`,
      );
    }
    const { authorization } = headers;
    const answer = await fetch(`${new URL(api).origin}${url}`, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === '' ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === '' ? {} : { body }),
    }).catch(() => undefined);
    if (answer === undefined) return void response.destroy();
    const type = answer.headers.get('content-type');
    response.writeHead(answer.status, type === null ? {} : { 'content-type': type });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    echo: (call, status) => void echoes.push({ call, status }),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
