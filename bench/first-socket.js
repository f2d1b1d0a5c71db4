// As much of Slack or Discord as bots need until their WebSocket is ready, on which nothing then comes.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/**
 * @param answer gives what a path answers, as JSON; @param greet is given each new WebSocket, and what to call when it is ready
 * `reached()` resolves when the next one is.
 */
export async function startSocketApi(answer, greet) {
  let arrived = () => {};
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'x-oauth-scopes': 'commands,chat:write',
      });
      response.end(JSON.stringify(answer(request.url.split('?')[0], server.address().port)));
    });
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('error', () => {});
    greet(socket, () => arrived());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    root: `http://127.0.0.1:${server.address().port}/api`,
    reached: () =>
      new Promise((resolve) => {
        arrived = resolve;
      }),
    close() {
      sockets.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
