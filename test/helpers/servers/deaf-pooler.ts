import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** NotificationResponse (PostgreSQL, "Message Formats"). */
const NOTIFICATION = 'A'.charCodeAt(0);
/** A message is its kind, a byte, and its length, four bytes that count themselves. */
const HEAD_BYTES = 5;

/** Stands before a PostgreSQL and passes everything on but notices, as a pooler in transaction mode does. */
export async function startDeafPooler(port: number): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const backend = connect(port, '127.0.0.1');
    for (const socket of [client, backend]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        backend.destroy();
      });
    }
    client.pipe(backend);
    let left = Buffer.alloc(0);
    backend.on('data', (data) => {
      left = Buffer.concat([left, data]);
      while (left.length >= HEAD_BYTES && left.length > left.readInt32BE(1)) {
        const message = left.subarray(0, 1 + left.readInt32BE(1));
        left = left.subarray(message.length);
        if (message[0] !== NOTIFICATION) client.write(message);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
