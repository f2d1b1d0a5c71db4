import { createServer, request } from 'node:http';
import { afterEach } from 'vitest';
import { freePort } from '../helpers/servers/free-port.js';

/** One public address in front of several replicas. */
export interface Balancer {
  readonly url: string;
  /** From now on each request goes to the next of these, in turn. */
  leadTo(...replicas: readonly string[]): void;
}

/** Balancers that are gone after each test. */
export function useBalancers(): () => Promise<Balancer> {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  return async () => {
    let targets: readonly string[] = [];
    let turn = 0;
    const server = createServer((incoming, outgoing) => {
      const target = targets[turn++ % targets.length];
      if (target === undefined) return outgoing.writeHead(502).end();
      const url = new URL(incoming.url ?? '/', target);
      const { method, headers } = incoming;
      const onward = request(url, { ...(method === undefined ? {} : { method }), headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
      incoming.pipe(onward);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ends.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return {
      url: `http://127.0.0.1:${port}`,
      leadTo(...replicas) {
        targets = replicas;
        turn = 0;
      },
    };
  };
}
