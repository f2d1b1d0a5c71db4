import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands between a gateway and a platform's API: it passes everything on, until it is told to talk. */
export interface Relay {
  /** The API's root by this way, without a slash at its end. */
  readonly root: string;
  /** Answers the next call like this (`METHOD /path`) as a proxy's debug page does: with all that it was sent, in HTML. */
  echo(call: RegExp, status: number): void;
  close(): Promise<void>;
}

export async function startRelay(api: string): Promise<Relay> {
  const target = new URL(api);
  const echoes: { readonly call: RegExp; readonly status: number }[] = [];
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    let body = '';
    for await (const chunk of request) body += chunk;
    const at = echoes.findIndex(({ call }) => call.test(`${method} ${url}`));
    const [echo] = at < 0 ? [] : echoes.splice(at, 1);
    if (echo !== undefined) {
      response.writeHead(echo.status, { 'content-type': 'text/html' });
      const page = `${method} http://relay${url}\n${JSON.stringify(headers)}\n${body}`;
      response.end(`<pre>${page}</pre>`);
      return;
    }
    const { authorization, 'content-type': type } = headers;
    const answer = await fetch(`${target.origin}${url}`, {
      method,
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      ...(body === '' ? {} : { body }),
    }).catch(() => undefined);
    if (answer === undefined) {
      response.destroy();
      return;
    }
    const answered = answer.headers.get('content-type');
    response.writeHead(answer.status, answered === null ? {} : { 'content-type': answered });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    root: `http://127.0.0.1:${port}${target.pathname.replace(/\/$/, '')}`,
    echo: (call, status) => void echoes.push({ call, status }),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
