import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Which part of a command gets through: the server has the beginning of it alone, or has done it and nobody hears so. */
export type Passed = 'half of it' | 'all but the answer';

interface Wanted {
  readonly text: string;
  readonly fate: Passed | 'cut';
  readonly reached: () => void;
}

export interface CuttingProxy {
  readonly port: number;
  /**
   * The connection on which that text is sent next is broken once the server has answered: it did what it was asked to,
   * and nobody hears so.
   */
  cut(text: string): void;
  /** The connection on which that text is sent next stays open, and nothing more comes of it. Resolves when it is so. */
  stop(text: string, passed: Passed): Promise<void>;
  close(): void;
}

/** Stands before a server and passes everything on, until it is told otherwise. */
export async function startCuttingProxy(port: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let next: Wanted | undefined;
  const server = createServer((client) => {
    const backend = connect(port, '127.0.0.1');
    let met: Wanted | undefined;
    for (const socket of [client, backend]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        backend.destroy();
      });
    }
    client.on('data', (data) => {
      if (met?.fate === 'half of it') return;
      const at = next === undefined ? -1 : data.indexOf(next.text);
      if (next !== undefined && at >= 0) [met, next] = [next, undefined];
      if (met?.fate === 'half of it') backend.write(data.subarray(0, at + met.text.length), met.reached);
      else backend.write(data);
    });
    backend.on('data', (data) => {
      if (met === undefined) client.write(data);
      else if (met.fate === 'cut') client.destroy();
      else if (met.fate === 'all but the answer') met.reached();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: (text) => {
      next = { text, fate: 'cut', reached: () => {} };
    },
    stop: (text, fate) =>
      new Promise((reached) => {
        next = { text, fate, reached };
      }),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
