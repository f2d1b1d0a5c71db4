import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * Stands before a server and passes everything on. After `cut(text)`, the connection on which that text is sent next is
 * broken once the server has answered: it did what it was asked to, and nobody hears so.
 */
export async function startCuttingProxy(
  port: number,
): Promise<{ readonly port: number; cut(text: string): void; close(): void }> {
  const sockets = new Set<Socket>();
  let wanted: string | undefined;
  const server = createServer((client) => {
    const backend = connect(port, '127.0.0.1');
    let cutting = false;
    for (const socket of [client, backend]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        backend.destroy();
      });
    }
    client.on('data', (data) => {
      if (wanted !== undefined && data.includes(wanted)) {
        cutting = true;
        wanted = undefined;
      }
      backend.write(data);
    });
    backend.on('data', (data) => {
      if (cutting) client.destroy();
      else client.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: (text) => {
      wanted = text;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
